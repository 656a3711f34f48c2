// The gate of accessibility: `make a11y`, or `npm run a11y [-- parts of names]`. Every state of every screen, in English
// and in Arabic: axe in every theme, and how large what is pressed is. Every view besides: its tree beside the one that is
// kept, and a walk by Tab through it, at text of 100 % and of 200 %. The last line is JSON; what is wrong stands above it,
// and fails the run.

import { availableParallelism } from "node:os";
import { enter, openStage } from "../tools/stage.mjs";
import { states, VIEWS, WALKS } from "../tools/states.mjs";
import { audit, THEMES } from "./axe.mjs";
import { smallTargets } from "./targets.mjs";
import { compareTrees, treeOf } from "./trees.mjs";
import { walk } from "./walk.mjs";

const DIRECTIONS = [
  { lang: "en", dir: "ltr" },
  { lang: "ar", dir: "rtl" },
];
// A time at which the house's day is in full swing, the same in every run: ages and times of the trees stay as they are.
const NOW = "2016-03-27T12:40:00Z";

const parts = process.argv.slice(2);
// Paper is neither pressed nor walked through.
const chosen = states.filter(({ name }) => name !== "report-paper").filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)));
const isWalked = ({ name }) => VIEWS.includes(name) || WALKS.includes(name);
const LARGE_TEXT = 200;
const visits = chosen.flatMap((state) => [
  ...DIRECTIONS.map((direction) => ({ state, ...direction })),
  // What the size changes: where things stand, and how large they are.
  ...(isWalked(state) ? DIRECTIONS.map((direction) => ({ state, ...direction, text: LARGE_TEXT })) : []),
]);
const all = visits.length;

const began = performance.now();
const sum = { states: 0, audits: 0, axe_critical: 0, axe_serious: 0, axe_moderate: 0, axe_minor: 0, trees: 0, trees_changed: 0, targets: 0, targets_small: 0, stops: 0, focus_covered: 0, page_errors: 0 };
const trees = new Map();
/** What was said already, with the places it was found in: the same head stands over every state. */
const said = new Map();

function say(kind, what, where) {
  const places = said.get(`${kind}: ${what}`) ?? [];
  if (places.length === 0) console.error(`${where}: ${kind}: ${what}`);
  said.set(`${kind}: ${what}`, [...places, where]);
}

async function visit(page, base, { state, lang, dir, text = 100 }) {
  const where = `${state.name} (${dir}${text === 100 ? "" : `, ${text} %`})`;
  const wrong = (counter, kind) => (what) => {
    sum[counter] += 1;
    say(kind, what, where);
  };
  const complain = wrong("page_errors", "the page");
  const onError = (error) => complain(error.stack ?? error.message);
  const onConsole = (message) => (message.type() === "error" ? complain(message.text()) : undefined);
  page.on("pageerror", onError);
  page.on("console", onConsole);

  await page.setViewportSize(state.size);
  await page.emulateMedia({ media: "screen", reducedMotion: "reduce", ...THEMES[0].media });
  await enter(page, base, state, { more: `&lang=${lang}&text=${text}`, complain });

  if (text === 100) {
    if (dir === "ltr" && VIEWS.includes(state.name)) trees.set(state.name, await treeOf(page));
    for (const { impact, what } of await audit(page)) wrong(`axe_${impact}`, `axe, ${impact}`)(what);
    sum.audits += THEMES.length;
  }
  const targets = await page.evaluate(smallTargets);
  sum.targets += targets.looked;
  targets.small.forEach(wrong("targets_small", "too small"));
  if (isWalked(state)) {
    const { stops, problems } = await walk(page);
    sum.stops += stops;
    problems.forEach(wrong("focus_covered", "focus"));
  }
  sum.states += 1;

  page.off("pageerror", onError);
  page.off("console", onConsole);
  // The next state begins as a new person would find it.
  await page.evaluate(() => localStorage.clear());
  await page.goto("about:blank");
}

const { browser, base, close } = await openStage();
let done = 0;
async function work() {
  const context = await browser.newContext({ timezoneId: "Europe/Lisbon" });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.clock.setFixedTime(NOW);
  for (let next = visits.shift(); next !== undefined; next = visits.shift()) {
    await visit(page, base, next);
    done += 1;
    if (done % 20 === 0) console.error(`… ${done} of ${all}, ${Math.round((performance.now() - began) / 1000)} s`);
  }
  await context.close();
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
await close();

const compared = compareTrees(trees, { update: process.env.UPDATE === "1", all: parts.length === 0 ? VIEWS : null });
for (const difference of compared.differences) console.error(difference);
Object.assign(sum, { trees: trees.size, trees_changed: compared.differences.length });

for (const [what, places] of said) if (places.length > 1) console.error(`${places.length} times: ${what}\n    in ${[...new Set(places)].join(", ")}`);
console.log(JSON.stringify({ ...sum, seconds: Math.round((performance.now() - began) / 1000) }));
// Moderate and minor remarks are for a person to weigh.
const failures = sum.axe_critical + sum.axe_serious + sum.trees_changed + sum.targets_small + sum.focus_covered + sum.page_errors;
process.exitCode = failures === 0 && sum.states > 0 ? 0 : 1;
