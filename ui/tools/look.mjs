// Takes pictures of every screen on made-up data, for people to look at: `npm run look -- <folder> [parts of names]`, with
// --both in light and in dark, with --tongues the main screens in other languages, at 100 % and at 200 %. It says what
// the page reported as an error, and what does not fit: a page wider than its window, a text cut off, a control that
// another one covers or that its words leave.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { enter, openStage } from "./stage.mjs";
import { MAIN, pictures } from "./states.mjs";

const { values: asked, positionals } = parseArgs({ options: { both: { type: "boolean", default: false }, tongues: { type: "boolean", default: false } }, allowPositionals: true });
const [folder = "pictures", ...parts] = positionals;
mkdirSync(folder, { recursive: true });
const { browser, base, close } = await openStage();
let faults = 0;
// One that is in the dark already has its light twin beside it, or shows what is alike in both.
const inDark = asked.both ? pictures.filter(({ name, dark }) => !dark && !pictures.some((each) => each.name === `${name}-dark`)) : [];
const inTongues = MAIN.flatMap((main) =>
  ["ar", "ps", "he", "en-XA"].flatMap((lang) =>
    [100, 200].map((text) => {
      const picture = pictures.find(({ name }) => name === main);
      return { ...picture, name: `${main}-${lang}-${text}`, query: `${picture.query}&lang=${lang}&text=${text}` };
    }),
  ),
);
const all = asked.tongues ? inTongues : [...pictures, ...inDark.map((picture) => ({ ...picture, name: `${picture.name}-dark`, dark: true }))];

/** What does not fit, in words. Runs in the page. */
function misfits() {
  const found = [];
  const layer = [...document.querySelectorAll(".modal, .popover, .cockpit")].at(-1) ?? document;
  const describe = (element) => `${element.tagName.toLowerCase()}.${String(element.className.baseVal ?? element.className).trim().split(/\s+/).join(".")} "${element.textContent.trim().slice(0, 40)}"`;
  const inSight = (box) => box.width > 1 && box.height > 1 && box.right > 0 && box.bottom > 0 && box.left < window.innerWidth && box.top < window.innerHeight;
  const hidden = (element) => element.closest(".hidden-words, .live-region, [data-testid=hidden-select-container]") !== null;
  const scrolledOut = (element, x, y) => {
    for (let at = element.parentElement; at !== null && at !== document.body; at = at.parentElement) {
      const edge = at.getBoundingClientRect();
      if (getComputedStyle(at).overflowY !== "visible" && (y < edge.top || y > edge.bottom || x < edge.left || x > edge.right)) return true;
    }
    return false;
  };
  if (document.documentElement.scrollWidth > window.innerWidth) found.push("wider than the window");
  for (const element of layer.querySelectorAll("*")) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== "");
    if (!own || hidden(element) || !inSight(element.getBoundingClientRect())) continue;
    const style = getComputedStyle(element);
    // Dots say that there is more; a cut without them does not.
    if (style.overflowX === "hidden" && style.textOverflow !== "ellipsis" && element.scrollWidth > element.clientWidth + 1) found.push(`cut off: ${describe(element)}`);
    if (style.overflowY === "hidden" && element.scrollHeight > element.clientHeight + 3) found.push(`cut off below: ${describe(element)}`);
  }
  const controls = [...layer.querySelectorAll("button, a[href], input, textarea, [role=radio], label.switch, .chip, .pill, kbd")].filter((control) => !hidden(control) && inSight(control.getBoundingClientRect()));
  for (const control of controls) {
    const box = control.getBoundingClientRect();
    const words = document.createRange();
    words.selectNodeContents(control);
    const text = words.getBoundingClientRect();
    if (text.width > 0 && control.children.length === 0 && (text.left < box.left - 1 || text.right > box.right + 1 || text.bottom > box.bottom + 4)) found.push(`its words leave it: ${describe(control)}`);
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const top = document.elementFromPoint(x, y);
    const covers = top !== null && !control.contains(top) && !top.contains(control) && getComputedStyle(control).opacity !== "0" && getComputedStyle(control).pointerEvents !== "none";
    if (covers && top.closest("button, a, input, .tile, .rack-row, .card, .bar, .filters, h1, h2, p") !== null && control.closest("label")?.contains(top) !== true) {
      if (!scrolledOut(control, x, y)) found.push(`covered by ${describe(top)}: ${describe(control)}`);
    }
  }
  return [...new Set(found)];
}
for (const picture of all.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)))) {
  const context = await browser.newContext({
    viewport: picture.size,
    colorScheme: picture.dark ? "dark" : "light",
    reducedMotion: "reduce",
    forcedColors: picture.forced ? "active" : "none",
  });
  const page = await context.newPage();
  const complain = (what) => {
    faults += 1;
    console.error(`${picture.name}: ${what}`);
  };
  page.on("pageerror", (error) => complain(error.stack ?? error.message));
  page.on("console", (message) => (message.type() === "error" ? complain(message.text()) : undefined));
  await enter(page, base, picture, { complain });
  for (const misfit of await page.evaluate(misfits)) complain(misfit);
  if ((await page.evaluate(() => document.activeElement === document.body)) && picture.act !== undefined) complain("the focus is on the body");
  await page.screenshot({ path: join(folder, `${picture.name}.png`) });
  await context.close();
}
await close();
console.log(faults === 0 ? "No faults." : `${faults} faults.`);
process.exitCode = faults === 0 ? 0 : 1;
