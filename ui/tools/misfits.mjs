// What does not fit on a page, seen by measuring: each check has a name, and `BROKEN` is a page on which every one of them
// has to strike, so that a check that sees nothing is not taken for a page that is in order.

/** Runs in the page. Gives what it found, each with the name of the check. */
export function misfits() {
  const found = new Map();
  const say = (check, what) => found.set(`${check} ${what}`, { check, what });
  // What opens over a view is looked at instead of the view.
  const layer = [...document.querySelectorAll(".modal, .popover, .cockpit, .radio-echo")].at(-1) ?? document.body;
  const describe = (element) => {
    const classes = String(element.className.baseVal ?? element.className).trim();
    return `${element.tagName.toLowerCase()}${classes === "" ? "" : `.${classes.split(/\s+/).join(".")}`} “${element.textContent.trim().replaceAll(/\s+/g, " ").slice(0, 48)}”`;
  };
  const styles = new Map();
  const styleOf = (element) => {
    if (!styles.has(element)) styles.set(element, getComputedStyle(element));
    return styles.get(element);
  };
  /** Said to those who do not see it, or kept while something else is printed: nothing of it is drawn, or a pixel. */
  const forEarsAlone = (element) => {
    for (let at = element.parentElement; at !== null; at = at.parentElement) {
      if ((at.clientWidth <= 1 && styleOf(at).overflowX === "hidden") || styleOf(at).clipPath === "inset(50%)") return true;
    }
    return false;
  };
  /** The picture of a tile that is dragged lies over everything, also past the window's edge. */
  const dragged = (element) => element.closest(".drag-layer") !== null;
  const hidden = (element) =>
    forEarsAlone(element) ||
    dragged(element) ||
    element.closest(".hidden-words, .live-region, [data-testid=hidden-select-container]") !== null || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  /** The alpha of a colour as the browser writes it. */
  const alpha = (colour) => (colour === "transparent" ? 0 : Number(/[,/]\s*([\d.]+)\)$/.exec(colour.startsWith("rgb(") ? "" : colour)?.[1] ?? 1));
  const opaque = (element) => alpha(styleOf(element).backgroundColor) > 0.8;
  const painted = (element) => styleOf(element).display !== "inline" && (opaque(element) || Number.parseFloat(styleOf(element).borderInlineStartWidth) > 0 || Number.parseFloat(styleOf(element).borderBlockEndWidth) > 0) && styleOf(element).borderInlineStartStyle !== "hidden";
  const meet = (a, b) => ({ left: Math.max(a.left, b.left), right: Math.min(a.right, b.right), top: Math.max(a.top, b.top), bottom: Math.min(a.bottom, b.bottom) });
  const isThere = ({ left, right, top, bottom }) => right - left > 1 && bottom - top > 1;
  const scrolls = (overflow) => overflow === "auto" || overflow === "scroll";
  const cuts = (overflow) => overflow === "hidden" || overflow === "clip";

  /** The boxes that an element stands in, as far as they hold it: what is taken out of the flow leaves those between. */
  function* holders(element) {
    let position = styleOf(element).position;
    for (let at = element.parentElement; at !== null && at !== document.documentElement; at = at.parentElement) {
      const style = styleOf(at);
      if (position === "fixed" && style.transform === "none") continue;
      if (position === "absolute" && style.position === "static" && style.transform === "none") continue;
      yield at;
      position = style.position;
    }
  }

  const inside = (element) => {
    const box = element.getBoundingClientRect();
    const style = styleOf(element);
    const width = (side) => Number.parseFloat(style[`border${side}Width`]);
    return { left: box.left + width("Left"), right: box.right - width("Right"), top: box.top + width("Top"), bottom: box.bottom - width("Bottom") };
  };

  /** What of a box is in sight, and what cuts it otherwise than by scrolling. */
  function sight(element, box, own) {
    let seen = box;
    let cutBy = null;
    let reachable = false;
    const boxes = own ? [element, ...holders(element)] : holders(element);
    for (const holder of boxes) {
      const { overflowX, overflowY, display } = styleOf(holder);
      if (display === "inline" || (overflowX === "visible" && overflowY === "visible")) continue;
      const edge = inside(holder);
      const across = seen.left < edge.left - 1.5 || seen.right > edge.right + 1.5;
      const down = seen.top < edge.top - 1.5 || seen.bottom > edge.bottom + 1.5;
      if ((across && cuts(overflowX)) || (down && cuts(overflowY))) cutBy ??= { holder, across };
      if (across && scrolls(overflowX)) seen = { ...seen, left: Math.max(seen.left, edge.left), right: Math.min(seen.right, edge.right) };
      if (down && scrolls(overflowY)) seen = { ...seen, top: Math.max(seen.top, edge.top), bottom: Math.min(seen.bottom, edge.bottom) };
      reachable ||= scrolls(overflowY);
      if (!isThere(seen)) return { seen, cutBy: null, reachable: true };
      if (cutBy !== null) seen = meet(seen, edge);
    }
    return { seen, cutBy, reachable };
  }

  /** Where two things meet, is the lower one painted over, so that nobody sees both? */
  function bothShow(a, b, at) {
    const stack = document.elementsFromPoint((at.left + at.right) / 2, (at.top + at.bottom) / 2);
    const place = (element) => stack.findIndex((each) => each === element || element.contains(each));
    const [first, second] = place(a) <= place(b) ? [a, b] : [b, a];
    if (place(first) < 0 || place(second) < 0) return false;
    return !stack.slice(0, place(second)).some((each) => opaque(each) && !each.contains(second) && each !== second && !second.contains(each) && !(first.contains(each) || each === first));
  }

  if (document.documentElement.scrollWidth > window.innerWidth) say("wide", `the page is ${document.documentElement.scrollWidth} wide in a window of ${window.innerWidth}`);

  // Every line of every text: a line's letters fill about the height of the font, whatever the height of the line.
  const lines = [];
  const walker = document.createTreeWalker(layer, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.textContent.trim() === "" || element.closest("script, style, option, title") !== null || hidden(element)) continue;
    const size = Number.parseFloat(styleOf(element).fontSize);
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const { left, right, top, bottom } of range.getClientRects()) {
      const middle = (top + bottom) / 2;
      const ink = { left, right, top: middle - size / 2, bottom: middle + size / 2 };
      if (right - left < 2 || !isThere(meet(ink, { left: -9000, top: -9000, right: 9000, bottom: 9000 }))) continue;
      const { seen, cutBy, reachable } = sight(element, ink, true);
      if (cutBy !== null) {
        const { holder, across } = cutBy;
        const style = styleOf(holder);
        if ((across && style.textOverflow === "ellipsis") || style.webkitLineClamp !== "none") {
          // A tile and a row of the rack open a card that says everything.
          const whole = element.closest("[title], [data-testid=tile], [data-testid=rack-room], [data-whole]") !== null;
          if (!whole) say("dots", `${describe(element)} ends in dots, and nothing shows the whole`);
        } else say("cut", `${describe(element)} is cut ${across ? "off" : "above or below"} by ${describe(holder)}`);
        continue;
      }
      if (!isThere(seen)) continue;
      if (seen.left < -1.5 || seen.right > window.innerWidth + 1.5) say("outside", `${describe(element)} leaves the window`);
      const pageScrolls = document.documentElement.scrollHeight > window.innerHeight && !cuts(styleOf(document.body).overflowY);
      if (!reachable && !pageScrolls && (seen.bottom > window.innerHeight + 1.5 || seen.top < -1.5)) say("outside", `${describe(element)} is beyond the window, and nothing scrolls to it`);
      for (let box = element; box !== null && box !== layer; box = box.parentElement) {
        if (styleOf(box).position !== "static" && box !== element && !painted(box)) break;
        if (!painted(box)) continue;
        const edge = box.getBoundingClientRect();
        const scrolled = scrolls(styleOf(box).overflowY) || scrolls(styleOf(box).overflowX);
        if (!scrolled && (ink.left < edge.left - 1 || ink.right > edge.right + 1 || ink.top < edge.top - 2 || ink.bottom > edge.bottom + 2)) say("leaves", `${describe(element)} leaves its box ${describe(box)}`);
        break;
      }
      lines.push({ element, box: { left: seen.left, right: seen.right, top: Math.max(seen.top, middle - size * 0.36), bottom: Math.min(seen.bottom, middle + size * 0.36) } });
    }
  }

  // Boxes of one kind that lie on one another, from the top of the page down.
  function* overlaps(list, least) {
    const sorted = list.toSorted((a, b) => a.box.top - b.box.top);
    for (const [n, a] of sorted.entries()) {
      for (let m = n + 1; m < sorted.length && sorted[m].box.top < a.box.bottom; m += 1) {
        const b = sorted[m];
        const at = meet(a.box, b.box);
        if (at.right - at.left > least && at.bottom - at.top > least && a.element !== b.element) yield [a.element, b.element, at];
      }
    }
  }
  /** A text that ends in dots ends before what floats beside it, wherever its letters would go on. */
  const endsBefore = (around, floats) => around.contains(floats) && styleOf(around).textOverflow === "ellipsis" && styleOf(floats).float !== "none";
  for (const [a, b, at] of overlaps(lines, 2)) {
    if (endsBefore(a, b) || endsBefore(b, a)) continue;
    if (bothShow(a, b, at)) say("overlap", `${describe(a)} and ${describe(b)} are written over one another`);
  }

  const controls = [];
  for (const control of layer.querySelectorAll("button, a[href], input, textarea, [role=radio], label.switch, .chip, .pill")) {
    if (hidden(control)) continue;
    const box = control.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    const { seen, cutBy } = sight(control, box, false);
    if (cutBy !== null && control.closest(".tile, .rack-row") === null) say("cut", `${describe(control)} is cut by ${describe(cutBy.holder)}`);
    if (!isThere(seen)) continue;
    if (!control.matches("input[type=checkbox], input[type=radio], a")) controls.push({ element: control, box: seen });
    const [x, y] = [(seen.left + seen.right) / 2, (seen.top + seen.bottom) / 2];
    const top = document.elementFromPoint(x, y);
    if (top === null || control.contains(top) || top.contains(control) || styleOf(control).pointerEvents === "none" || control.closest("label")?.contains(top) === true) continue;
    // Below a heading that stays, a list scrolls on.
    const stays = [...(function* up() { for (let at = top; at !== null; at = at.parentElement) yield at; })()].some((at) => styleOf(at).position === "sticky");
    if (!stays) say("covered", `${describe(control)} is covered by ${describe(top)}`);
  }
  for (const [a, b, at] of overlaps(controls, 2)) {
    if (!a.contains(b) && !b.contains(a) && bothShow(a, b, at)) say("covered", `${describe(a)} and ${describe(b)} lie on one another`);
  }
  return [...found.values()];
}

/** A page with everything wrong that is looked for, by check. */
export const BROKEN = {
  wide: '<div style="width: 3000px">a wide page</div>',
  cut: '<div style="width: 60px; overflow: hidden; white-space: nowrap">longer than its box is</div>',
  "cut below": '<div style="height: 12px; overflow: hidden"><p>one line<br>and a second one</p></div>',
  "cut by what is around": '<section style="width: 90px; overflow: hidden"><button style="width: 160px">Half a button</button></section>',
  dots: '<p style="width: 60px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap">longer than its box is</p>',
  outside: '<div style="position: fixed; top: 20px; left: -40px">left of the window</div>',
  "outside below": '<div style="position: fixed; top: 2000px">below the window</div>',
  leaves: '<div style="border: 1px solid; width: 60px; white-space: nowrap">longer than its box is</div>',
  overlap: '<div style="position: relative; height: 40px"><span style="position: absolute">one text</span><span style="position: absolute; left: 10px; top: 4px">another text</span></div>',
  covered: '<div style="position: relative"><button>Press me</button><div style="position: absolute; inset: 0; background: white"></div></div>',
  "covered by another": '<div style="position: relative"><button style="width: 100px; height: 40px">One</button><button style="position: absolute; left: 90px; width: 100px; height: 40px">Two</button></div>',
  small: '<div><button style="width: 12px; height: 12px; padding: 0"></button><button style="width: 12px; height: 12px; padding: 0"></button></div>',
};
