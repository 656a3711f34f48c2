// Takes pictures of every screen on made-up data, for people to look at, and measures what does not fit on them:
// `npm run look -- FOLDER [parts of names] [--part hotels,states,tongues,windows] [--hotels 20,empty] [--languages ar]
// [--looks dark] [--pages 2]`. Everything that is left out is taken whole. FOLDER/index.html shows all that is in the
// folder. What is wrong is said once, with the pictures that have it; the last line is JSON.

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { smallTargets } from "../a11y/targets.mjs";
import { ALL, LOOKS, PARTS } from "./hotels.mjs";
import { BROKEN, misfits } from "./misfits.mjs";
import { enter, openStage } from "./stage.mjs";

// A time at which the house's day is in full swing, the same in every run.
const NOW = "2016-03-27T12:40:00Z";

const listed = { type: "string" };
const { values, positionals } = parseArgs({ options: { part: listed, tongues: { type: "boolean" }, hotels: listed, languages: listed, looks: listed, pages: listed }, allowPositionals: true });
if (values.tongues) values.part = "tongues";
const [folder = "pictures", ...names] = positionals;
const chosen = (option, all) => values[option]?.split(",") ?? all;
const asked = { hotels: chosen("hotels", ALL.hotels), languages: chosen("languages", ALL.languages), looks: chosen("looks", ALL.looks) };
const visits = chosen("part", Object.keys(PARTS))
  .flatMap((part) => PARTS[part](asked))
  .map((visit) => ({ ...visit, looks: visit.looks.filter((look) => asked.looks.includes(look)) }))
  .filter(({ folder: view, name, looks }) => looks.length > 0 && (names.length === 0 || names.some((each) => `${view}/${name}`.includes(each))));

const began = performance.now();
const sum = { pictures: 0, misfits: 0, errors: 0, checks: {} };
/** What was said already, with the pictures it was found in: the same head stands over every view. */
const said = new Map();
function say(check, what, where) {
  if (check === "error") sum.errors += 1;
  else sum.misfits += 1;
  sum.checks[check] = (sum.checks[check] ?? 0) + 1;
  const places = said.get(`${check}: ${what}`) ?? [];
  if (places.length === 0) console.error(`${where}: ${check}: ${what}`);
  said.set(`${check}: ${what}`, [...places, where]);
}

/** Everything that is wrong with the page as it stands. */
async function lookAt(page) {
  const { small } = await page.evaluate(smallTargets);
  return [...(await page.evaluate(misfits)), ...small.map((what) => ({ check: "small", what }))];
}

/** Whoever measures shows first that it sees: each check strikes on a page that is broken on purpose, and none on one that
 * is in order. */
async function seeThatItSees(page) {
  const on = async (body) => {
    await page.setContent(`<body style="margin: 8px">${body}</body>`);
    return (await lookAt(page)).map(({ check }) => check);
  };
  for (const [name, body] of Object.entries(BROKEN)) {
    const [check] = name.split(" ");
    if (!(await on(body)).includes(check)) throw new Error(`the check “${check}” does not see a page that is broken on purpose (${name})`);
  }
  const inOrder = await on('<h1>A heading</h1><p style="height: 60px; overflow: auto">Some words<br>and<br>more<br>than<br>fit<br>in</p><button style="padding: 12px">Press me</button>');
  if (inOrder.length > 0) throw new Error(`the checks find fault with a page that is in order: ${inOrder.join(", ")}`);
}

async function take(page, base, visit) {
  let where = `${visit.folder}/${visit.name}`;
  const complain = (what) => say("error", what, where);
  const onError = (error) => complain(error.stack ?? error.message);
  const onConsole = (message) => (message.type() === "error" ? complain(message.text()) : undefined);
  page.on("pageerror", onError);
  page.on("console", onConsole);
  const forced = { forcedColors: visit.forced ? "active" : "none" };
  await page.setViewportSize(visit.size);
  await page.emulateMedia({ media: "screen", reducedMotion: "reduce", ...forced, ...LOOKS[visit.looks[0]] });
  await enter(page, base, visit, { complain });
  if (visit.act !== undefined && (await page.evaluate(() => document.activeElement === document.body))) complain("the focus is on the body");
  for (const look of visit.looks) {
    where = `${visit.folder}/${visit.name}${look === "light" ? "" : `-${look}`}`;
    await page.emulateMedia({ ...forced, ...LOOKS[look] });
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    for (const { check, what } of await lookAt(page)) say(check, what, where);
    await page.screenshot({ path: join(folder, `${where}.png`) });
    sum.pictures += 1;
  }
  page.off("pageerror", onError);
  page.off("console", onConsole);
  // The next visit begins as a new person would find it.
  await page.evaluate(() => localStorage.clear());
  await page.goto("about:blank");
}

/** One page with all the pictures of the folder, each a link to itself. */
function contactSheet() {
  const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
  const faults = new Map();
  for (const [what, places] of said) for (const place of places) faults.set(place, [...(faults.get(place) ?? []), what]);
  const views = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).toSorted();
  const figure = (view, file) => {
    const wrong = faults.get(`${view}/${file.replace(/\.png$/, "")}`) ?? [];
    return `<figure${wrong.length > 0 ? ` class="wrong" title="${escape(wrong.join("\n"))}"` : ""}><a href="${view}/${file}"><img loading="lazy" src="${view}/${file}" alt=""></a><figcaption>${escape(file.replace(/\.png$/, ""))}</figcaption></figure>`;
  };
  const sections = views.map((view) => {
    const files = readdirSync(join(folder, view)).filter((file) => file.endsWith(".png")).toSorted();
    return `<h2 id="${view}">${view}</h2><div>${files.map((file) => figure(view, file)).join("")}</div>`;
  });
  const style = "body{font:14px system-ui;margin:24px;background:#ddd}nav a{margin-inline-end:12px}div{display:grid;grid-template-columns:repeat(auto-fill,minmax(22rem,1fr));gap:12px}figure{margin:0}img{width:100%;display:block}.wrong{outline:4px solid #c00}";
  writeFileSync(join(folder, "index.html"), `<!doctype html><meta charset="utf-8"><title>The screens of Turndown</title><style>${style}</style><nav>${views.map((view) => `<a href="#${view}">${view}</a>`).join("")}</nav>${sections.join("")}`);
}

for (const view of new Set(visits.map((visit) => visit.folder))) mkdirSync(join(folder, view), { recursive: true });
const { browser, base, close } = await openStage();
const left = [...visits];
async function work() {
  const context = await browser.newContext({ timezoneId: "Europe/Lisbon" });
  const page = await context.newPage();
  // Far more than a step takes, also on a machine with much else to do.
  page.setDefaultTimeout(60_000);
  await page.clock.setFixedTime(NOW);
  for (let visit = left.shift(); visit !== undefined; visit = left.shift()) {
    await take(page, base, visit).catch((error) => say("error", error.message, `${visit.folder}/${visit.name}`));
    if (process.stderr.isTTY) process.stderr.write(`\r${visits.length - left.length}/${visits.length} `);
  }
  await context.close();
}
try {
  const page = await browser.newPage();
  await seeThatItSees(page);
  await page.close();
  await Promise.all(Array.from({ length: Number(values.pages ?? Math.min(3, availableParallelism())) }, work));
} finally {
  await close();
}
contactSheet();
for (const [what, places] of said) if (places.length > 1) console.error(`${places.length} pictures have it: ${what.slice(0, 160)}\n    ${places.slice(0, 6).join(", ")}`);
console.log(JSON.stringify({ ...sum, distinct: said.size, seconds: Math.round((performance.now() - began) / 1000) }));
process.exitCode = sum.misfits + sum.errors === 0 && sum.pictures > 0 ? 0 : 1;
