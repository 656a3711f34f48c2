import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { attachDrag, edgeStep, LONG_PRESS_MS, type DragSite } from "./drag";

// Four lanes side by side, 100 wide and 400 high, with one tile in the first.
const COLUMNS = ["dirty", "inProgress", "clean", "inspected"];

function box(left: number, top: number, width: number, height: number): DOMRect {
  return { left, top, width, height, right: left + width, bottom: top + height, x: left, y: top, toJSON: () => ({}) };
}

let root: HTMLElement;
let detach: () => void;
let clicks: string[];
let measured: number;

const site = {
  grab: (target: Element) => target.closest<HTMLElement>("[role=gridcell]"),
  onStart: vi.fn<DragSite["onStart"]>(),
  onOver: vi.fn<DragSite["onOver"]>(),
  onDrop: vi.fn<DragSite["onDrop"]>(),
  onEnd: vi.fn<DragSite["onEnd"]>(),
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "requestAnimationFrame", "cancelAnimationFrame"] });
  document.body.innerHTML = `<div class="board"><div class="lanes">${COLUMNS.map((column) => `<section><div data-lane="${column}"></div></section>`).join("")}</div></div>`;
  root = document.querySelector<HTMLElement>(".lanes") ?? document.body;
  root.querySelector("[data-lane=dirty]")?.insertAdjacentHTML("beforeend", `<div role="gridcell" id="tile-1" data-testid="tile" tabindex="0"><button data-do="primary">Start</button></div>`);
  measured = 0;
  vi.spyOn(HTMLElement.prototype, "getBoundingClientRect").mockImplementation(function place(this: HTMLElement) {
    measured += 1;
    const lane = this.closest("section");
    const at = lane === null ? 0 : [...root.children].indexOf(lane);
    return this.matches("[role=gridcell]") ? box(10, 10, 80, 60) : box(at * 100, 0, 100, 400);
  });
  clicks = [];
  root.addEventListener("click", (event) => clicks.push((event.target as HTMLElement).tagName));
  for (const each of [site.onStart, site.onOver, site.onDrop, site.onEnd]) each.mockReset();
  site.onStart.mockReturnValue("");
  detach = attachDrag(root, site);
});
afterEach(() => detach());

interface At {
  x: number;
  y?: number;
  type?: string;
  buttons?: number;
  ctrlKey?: boolean;
}

function send(name: string, { x, y = 40, type = "mouse", buttons = 1, ctrlKey = false }: At, target: EventTarget = root.querySelector("button") ?? root): void {
  target.dispatchEvent(new PointerEvent(name, { bubbles: true, cancelable: true, pointerId: 7, isPrimary: true, pointerType: type, button: 0, buttons, clientX: x, clientY: y, ctrlKey }));
}
const frame = () => vi.advanceTimersByTime(20);
const ghost = () => document.querySelector(".drag-layer");
const hand = () => document.querySelector<HTMLElement>(".drag-hand");

function drag(x: number): void {
  send("pointerdown", { x: 50 });
  send("pointermove", { x });
  frame();
}

describe("16_a_tile_is_dragged_by_pointer_events_alone", () => {
  it("begins after six pixels, and not before", () => {
    send("pointerdown", { x: 50 });
    send("pointermove", { x: 55 });
    expect(site.onStart).not.toHaveBeenCalled();
    send("pointermove", { x: 57 });
    expect(site.onStart).toHaveBeenCalledTimes(1);
  });

  it("drops on the lane it was let go over", () => {
    drag(150);
    expect(site.onOver).toHaveBeenLastCalledWith("inProgress");
    send("pointerup", { x: 250, buttons: 0 });
    expect(site.onDrop).toHaveBeenCalledWith("clean");
    expect(site.onEnd).toHaveBeenCalledTimes(1);
    expect(ghost()).toBeNull();
    expect(root.hasAttribute("data-dragging")).toBe(false);
  });

  it("nothing is dropped outside the lanes", () => {
    drag(150);
    send("pointerup", { x: 150, y: 900, buttons: 0 });
    expect(site.onDrop).not.toHaveBeenCalled();
    expect(site.onEnd).toHaveBeenCalledTimes(1);
  });

  it("the tile in the hand follows the pointer, and nobody can find it twice", () => {
    site.onStart.mockReturnValue("3 rooms");
    drag(150);
    expect(hand()?.style.transform).toBe("translate(110px, 10px)");
    expect(ghost()?.querySelector("[id], [role], [data-testid], [data-do]")).toBeNull();
    expect(ghost()?.textContent).toContain("3 rooms");
    expect(ghost()?.getAttribute("aria-hidden")).toBe("true");
  });

  it("measures once: moving costs a frame, however many moves there were", () => {
    drag(150);
    const before = measured;
    for (let x = 150; x < 160; x += 1) send("pointermove", { x });
    frame();
    expect(measured).toBe(before);
    expect(site.onOver).toHaveBeenCalledTimes(1);
    send("pointermove", { x: 260 });
    send("pointermove", { x: 350 });
    frame();
    expect(site.onOver.mock.calls.map(([column]) => column)).toEqual(["inProgress", "inspected"]);
  });

  it("the click that ends a drag presses no button, and the very next one does", () => {
    drag(57);
    send("pointerup", { x: 57, buttons: 0 });
    root.querySelector("button")?.click();
    expect(clicks).toEqual([]);
    send("pointerdown", { x: 50 });
    send("pointerup", { x: 50, buttons: 0 });
    root.querySelector("button")?.click();
    expect(clicks).toEqual(["BUTTON"]);
  });

  it("a click works after a drag that ended without one", () => {
    drag(150);
    send("pointerup", { x: 150, buttons: 0 });
    vi.advanceTimersByTime(0);
    root.querySelector("button")?.click();
    expect(clicks).toEqual(["BUTTON"]);
  });

  it("a press with a key held, or called off, is no drag", () => {
    send("pointerdown", { x: 50, ctrlKey: true });
    send("pointermove", { x: 150 });
    expect(site.onStart).not.toHaveBeenCalled();
    site.onStart.mockReturnValue(null);
    drag(150);
    expect(ghost()).toBeNull();
    expect(site.onEnd).not.toHaveBeenCalled();
  });
});

describe("a_finger_that_rests_drags_and_one_that_moves_scrolls", () => {
  const touch = { x: 50, type: "touch" };
  it("begins after a long press", () => {
    send("pointerdown", touch);
    vi.advanceTimersByTime(LONG_PRESS_MS - 1);
    expect(site.onStart).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(site.onStart).toHaveBeenCalledTimes(1);
  });
  it("does not begin when it moved first", () => {
    send("pointerdown", touch);
    send("pointermove", { ...touch, x: 60 });
    vi.advanceTimersByTime(LONG_PRESS_MS);
    expect(site.onStart).not.toHaveBeenCalled();
  });
});

describe("18_whatever_ends_a_drag_early_changes_nothing", () => {
  const ways: [string, () => void][] = [
    ["Esc", () => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }))],
    ["pointercancel", () => send("pointercancel", { x: 150 })],
    ["the window loses the focus", () => window.dispatchEvent(new Event("blur"))],
    ["the page is hidden", () => document.dispatchEvent(new Event("visibilitychange"))],
    ["the button was let go elsewhere", () => send("pointermove", { x: 160, buttons: 0 })],
    ["the board goes", () => detach()],
  ];
  for (const [name, way] of ways) {
    it(name, () => {
      drag(150);
      way();
      expect(ghost()).toBeNull();
      expect(site.onEnd).toHaveBeenCalledTimes(1);
      send("pointermove", { x: 250 });
      send("pointerup", { x: 250, buttons: 0 });
      frame();
      expect(site.onDrop).not.toHaveBeenCalled();
      expect(site.onEnd).toHaveBeenCalledTimes(1);
    });
  }

  it("no key reaches a tile while something is in the hand", () => {
    const heard = vi.fn();
    root.addEventListener("keydown", heard);
    drag(150);
    root.dispatchEvent(new KeyboardEvent("keydown", { key: "c", bubbles: true, cancelable: true }));
    expect(heard).not.toHaveBeenCalled();
  });
});

describe("the_lane_under_the_pointer_scrolls_at_its_edges", () => {
  it("faster, the nearer the edge", () => {
    const lane = { left: 0, right: 100, top: 0, bottom: 400 };
    expect(edgeStep(200, lane)).toBe(0);
    expect(edgeStep(2, lane)).toBeLessThan(edgeStep(40, lane));
    expect(edgeStep(398, lane)).toBeGreaterThan(edgeStep(360, lane));
    expect(edgeStep(360, lane)).toBeGreaterThan(0);
  });
});
