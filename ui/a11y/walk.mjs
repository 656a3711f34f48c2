// A walk by Tab through every stop of what the page shows, and back: each is in sight, nothing stands over it, and a ring
// says where it is; all can be reached, and there is a way out of each. In a grid the arrows go on from the stop.

const MOST_STOPS = 400;
/** Far enough to scroll a list and come back under its head. */
const FAR = 14;

/** Begins a walk through what lies on top. Runs in the page. */
function begin() {
  const layer = [...document.querySelectorAll(".modal, .popover, .cockpit")].at(-1) ?? null;
  window.walkSoFar = { seen: new Set(), walked: new Set(), layer };
  if (layer === null) document.activeElement?.blur();
}

/** What is wrong with where the focus is now, and whether the walk was there before. Runs in the page. */
async function look(frames) {
  const { seen, walked, layer } = window.walkSoFar;
  // What the arrows lead to is scrolled to first, and has the focus a frame later.
  for (let n = 0; n < frames; n += 1) {
    await new Promise((frame) => {
      requestAnimationFrame(frame);
    });
  }
  const element = document.activeElement;
  const describe = (each) => `${each.tagName.toLowerCase()}${each.dataset?.testid === undefined ? "" : `[${each.dataset.testid}]`}.${[...each.classList].join(".")} “${(each.getAttribute("aria-label") ?? each.textContent ?? "").trim().slice(0, 40)}”`;
  // A panel that Tab leads out of, and closes, was no trap; what comes then belongs to another view.
  if (layer !== null && !layer.isConnected) return { at: "", out: true, before: false, problems: [], within: null };
  if (element === null || element === document.body) return { at: "", out: false, before: false, problems: [], within: null };
  const before = seen.has(element);
  seen.add(element);
  const problems = [];

  // A box or radio that is not seen itself is drawn by its label.
  const isDrawn = () => element.getBoundingClientRect().width > 8 && getComputedStyle(element).opacity !== "0" && element.parentElement.clientWidth > 1;
  const label = element.matches("input[type=checkbox], input[type=radio]") && !isDrawn() ? element.closest("label") : null;
  const shown = label ?? element;
  const box = shown.getBoundingClientRect();
  const clips = [];
  for (let at = shown.parentElement; at !== null; at = at.parentElement) {
    const style = getComputedStyle(at);
    if (at !== document.body && at !== document.documentElement && (style.overflowX !== "visible" || style.overflowY !== "visible")) clips.push(at.getBoundingClientRect());
    if (style.position === "fixed") break;
  }
  const pane = { left: 0, top: 0, right: window.innerWidth, bottom: window.innerHeight };
  const sight = [pane, ...clips].reduce((a, b) => ({ left: Math.max(a.left, b.left), top: Math.max(a.top, b.top), right: Math.min(a.right, b.right), bottom: Math.min(a.bottom, b.bottom) }));

  const SLACK = 1;
  const larger = { x: box.width > sight.right - sight.left, y: box.height > sight.bottom - sight.top };
  const outX = !larger.x && (box.left < sight.left - SLACK || box.right > sight.right + SLACK);
  const outY = !larger.y && (box.top < sight.top - SLACK || box.bottom > sight.bottom + SLACK);
  if (outX || outY) problems.push(`not wholly in sight: ${describe(element)}`);

  // Inside of what is rounded off at the corners.
  const ROUND_OFF = 0.3;
  const INSET = 3 + ROUND_OFF * parseFloat(getComputedStyle(shown).borderStartStartRadius);
  const [left, right] = [Math.max(box.left, sight.left) + INSET, Math.min(box.right, sight.right) - INSET];
  const [top, bottom] = [Math.max(box.top, sight.top) + INSET, Math.min(box.bottom, sight.bottom) - INSET];
  const points = [[(left + right) / 2, (top + bottom) / 2], [left, top], [right, top], [left, bottom], [right, bottom]];
  for (const [x, y] of points) {
    const over = document.elementFromPoint(x, y);
    if (over !== null && !shown.contains(over) && !over.contains(shown)) {
      problems.push(`covered by ${describe(over)}: ${describe(element)}`);
      break;
    }
  }

  // A field may show its ring around itself and what belongs to it.
  const bearers = [element, ...(label === null ? [] : [label, ...label.querySelectorAll("*")]), element.parentElement];
  const ringed = bearers.find((each) => {
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(each);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && !/, 0\)$|transparent/.test(outlineColor);
  });
  // A list that was opened by mouse has the focus itself before any of its items has; the arrows lead to them.
  const isList = element.matches("[role=menu], [role=listbox]");
  if (isList) return { at: describe(element), out: false, before, problems, within: element.role };
  if (ringed === undefined) problems.push(`no ring: ${describe(element)}`);
  else {
    const { outlineOffset } = getComputedStyle(ringed);
    const around = ringed.getBoundingClientRect();
    const out = Math.max(0, parseFloat(outlineOffset) + 1);
    const cut = ["left", "top", "right", "bottom"].filter((side) => (side === "left" || side === "top" ? around[side] - out < sight[side] - SLACK : around[side] + out > sight[side] + SLACK));
    if (cut.length > 0 && !larger.x && !larger.y) problems.push(`its ring is cut (${cut.join(", ")}): ${describe(element)}`);
  }
  if (layer !== null && !layer.contains(element)) problems.push(`the focus left what is open: ${describe(element)}`);
  const group = element.closest("[role=grid], [role=menu], [role=listbox], [role=toolbar], table:has([data-index])");
  const within = group === null || walked.has(group) ? null : (group.role ?? "table");
  walked.add(group);
  return { at: describe(element), out: false, before, problems, within };
}

/** What Tab should have come to, and did not. Runs in the page. */
function missed() {
  const { seen, walked, layer } = window.walkSoFar;
  if (layer !== null && !layer.isConnected) return [];
  const root = layer ?? document;
  const STOPS = "a[href], button, input, select, textarea, summary, [tabindex]";
  const describe = (each) => `${each.tagName.toLowerCase()}${each.dataset.testid === undefined ? "" : `[${each.dataset.testid}]`}.${[...each.classList].join(".")} “${(each.getAttribute("aria-label") ?? each.textContent).trim().slice(0, 40)}”`;
  const groups = new Set([...seen].filter((each) => each.matches("input[type=radio]")).map((each) => each.name));
  return [...root.querySelectorAll(STOPS)]
    .filter((each) => each.tabIndex >= 0 && !each.disabled && each.closest("[inert], [aria-hidden=true]") === null && each.checkVisibility({ visibilityProperty: true }))
    .filter((each) => !seen.has(each) && !(each.matches("input[type=radio]") && groups.has(each.name)))
    // Of a long list the current row is a stop; which one is, changes as the walk goes by.
    .filter((each) => each.closest("[data-index]") === null || !walked.has(each.closest("table")))
    .map((each) => `Tab does not come to it: ${describe(each)}`);
}

/** Where one stop of Tab stands for many: there and back by the arrows. */
const ARROWS = {
  grid: ["ArrowDown", "ArrowUp"],
  table: ["ArrowDown", "ArrowUp"],
  menu: ["ArrowDown", "ArrowUp"],
  listbox: ["ArrowDown", "ArrowUp"],
  toolbar: ["ArrowRight", "ArrowLeft"],
};

export async function walk(page) {
  const problems = new Set();
  let stops = 0;
  const step = async (key) => {
    await page.keyboard.press(key);
    const seen = await page.evaluate(look, key.startsWith("Arrow") ? 2 : 0);
    for (const problem of seen.problems) problems.add(`${problem} (${key})`);
    if (!seen.before && seen.at !== "") stops += 1;
    return seen;
  };
  /** Through all stops; the page's end leads to the browser's own controls, which are not there, and round again. */
  const round = async (key, byArrows) => {
    await page.evaluate(begin);
    let ends = 0;
    for (let n = 0; n < MOST_STOPS; n += 1) {
      const { at, out, before, within } = await step(key);
      if (at === "") ends += 1;
      if (before || out || ends > 1) return;
      if (within !== null && byArrows) {
        for (const arrow of ARROWS[within]) for (let m = 0; m < FAR; m += 1) await step(arrow);
      }
    }
    problems.add(`no end after ${MOST_STOPS} stops`);
  };
  await round("Tab", true);
  for (const each of await page.evaluate(missed)) problems.add(each);
  await round("Shift+Tab", false);
  return { stops, problems: [...problems] };
}
