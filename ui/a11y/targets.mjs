// How large is what can be pressed: 24 CSS pixels each way, or so much room around it (WCAG 2.5.8); 44 for what is pressed
// on a tile, and the pill.

/** Runs in the page. Says how many it looked at, and which are too small. */
export function smallTargets() {
  const LEAST = 24;
  const LARGE = 44;
  const HALF_A_PIXEL = 0.5;
  const PRESSED = "a[href], button, input, select, textarea, summary, [role=button], [role=link], [role=checkbox], [role=switch], [role=radio], [role=tab], [role=option], [role^=menuitem], [tabindex='0']";
  const ON_TILES = "[data-testid=tile-primary], [data-testid=tile-menu], [data-testid=pill]";

  /** A box or radio that is drawn by its label is as large as the label. */
  const shown = (element) => (element.matches("input[type=checkbox], input[type=radio]") ? (element.closest("label") ?? element) : element);
  const reachable = (element) =>
    element.closest("[inert], [aria-hidden=true], [data-testid=hidden-select-container]") === null && element.checkVisibility({ visibilityProperty: true }) && !forEarsAlone(element);
  /** A panel's way out for those who do not see it. */
  const forEarsAlone = (element) => element.parentElement.clientWidth <= 1 && getComputedStyle(element.parentElement).overflow === "hidden";
  /** A link in the middle of a sentence is as high as its line. */
  const inSentence = (element) =>
    getComputedStyle(element).display === "inline" && [...element.parentNode.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== "");
  const describe = (element) => `${element.tagName.toLowerCase()}${element.dataset.testid === undefined ? "" : `[${element.dataset.testid}]`}.${[...element.classList].join(".")} “${(element.getAttribute("aria-label") ?? element.textContent).trim().slice(0, 40)}”`;

  const targets = [...new Set([...document.querySelectorAll(PRESSED)].filter(reachable).map(shown))]
    .map((element) => ({ element, box: element.getBoundingClientRect() }))
    .filter(({ box }) => box.width > 0 && box.height > 0);
  const under = (box, least) => box.width < least - HALF_A_PIXEL || box.height < least - HALF_A_PIXEL;
  const middle = (box) => ({ x: box.left + box.width / 2, y: box.top + box.height / 2 });
  /** From a point to the nearest point of a box. */
  const distance = ({ x, y }, box) => Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
  const hasRoom = (target) =>
    targets.every((other) => {
      if (other === target) return true;
      const at = middle(target.box);
      const there = middle(other.box);
      const apart = under(other.box, LEAST) ? Math.hypot(at.x - there.x, at.y - there.y) - LEAST / 2 : distance(at, other.box);
      return apart >= LEAST / 2 - HALF_A_PIXEL;
    });

  const small = [];
  for (const target of targets) {
    const { element, box } = target;
    const size = `${box.width.toFixed(1)} × ${box.height.toFixed(1)}`;
    if (element.matches(ON_TILES)) {
      if (under(box, LARGE)) small.push(`${describe(element)} is ${size}, not ${LARGE}`);
    } else if (under(box, LEAST) && !inSentence(element) && !hasRoom(target)) small.push(`${describe(element)} is ${size}, with no room around it`);
  }
  return { looked: targets.length, small };
}
