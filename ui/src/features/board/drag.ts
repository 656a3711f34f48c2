// Dragging by pointer events alone. The system's own drag and drop is never begun: in WebKitGTK it swallows the first
// press after it and can leave a ghost on the screen. A press arms; six pixels of a mouse or pen, or a finger that rests,
// begin; letting go over a lane drops; anything else that ends it changes nothing and leaves nothing behind.
//
// All measuring happens once, when the drag begins. From then on a frame costs one transform and a comparison with four
// rectangles, however many tiles there are.

import type { Column } from "../../bindings/bindings";

/** A mouse or pen that moved further than this means to drag, not to click. */
export const THRESHOLD_PX = 6;
/** A finger that rests this long means to drag, not to scroll. */
export const LONG_PRESS_MS = 250;
/** Within this distance of a lane's upper or lower edge the lane scrolls. */
export const EDGE_PX = 56;
const EDGE_STEP_PX = 14;

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface LaneBox {
  column: Column;
  box: Box;
  /** What scrolls, and where its edges are. */
  scroller: HTMLElement;
  scrollBox: Box;
}

export interface DragSite {
  /** The tile that a press on this element would take; null where there is none. */
  grab: (target: Element) => HTMLElement | null;
  /** The drag begins. Answers what to write on the tile in the hand, such as how many go along; null calls it off. */
  onStart: (cell: HTMLElement) => string | null;
  /** The pointer came over another lane, or over none. Told once for a frame at most. */
  onOver: (column: Column | null) => void;
  /** Let go over a lane. */
  onDrop: (column: Column) => void;
  /** It is over, whichever way. */
  onEnd: () => void;
}

/** The lane under a point. */
export function laneAt(lanes: readonly LaneBox[], x: number, y: number): LaneBox | null {
  return lanes.find(({ box }) => x >= box.left && x < box.right && y >= box.top && y < box.bottom) ?? null;
}

/** How far a lane scrolls in a frame: faster, the nearer the pointer is to the edge; nothing away from it. */
export function edgeStep(y: number, box: Box): number {
  const into = (distance: number) => Math.min(1, Math.max(0, (EDGE_PX - distance) / EDGE_PX));
  // A lane lower than two edges does not pull both ways.
  const above = into(y - box.top);
  const below = into(box.bottom - y);
  return Math.round((below - above) * EDGE_STEP_PX);
}

function measure(root: HTMLElement): LaneBox[] {
  return [...root.querySelectorAll<HTMLElement>("[data-lane]")].flatMap((scroller) => {
    const lane = scroller.closest("section") ?? scroller;
    return [{ column: scroller.dataset["lane"] as Column, box: lane.getBoundingClientRect(), scroller, scrollBox: scroller.getBoundingClientRect() }];
  });
}

const NOT_IN_A_PICTURE = ["id", "role", "tabindex", "data-testid", "data-task", "data-do"];

/** The tile in the hand: a picture of it, that nobody can focus, hear or find. */
function pictureOf(cell: HTMLElement, words: string): { layer: HTMLElement; hand: HTMLElement; box: DOMRect } {
  const box = cell.getBoundingClientRect();
  const picture = cell.cloneNode(true) as HTMLElement;
  for (const each of [picture, ...picture.querySelectorAll<HTMLElement>("*")]) {
    for (const name of NOT_IN_A_PICTURE) each.removeAttribute(name);
  }
  const hand = document.createElement("div");
  hand.className = "drag-hand";
  // Screen places are counted from one corner, whichever way the text in the hand runs.
  picture.dir = document.documentElement.dir;
  hand.style.inlineSize = `${box.width}px`;
  hand.style.blockSize = `${box.height}px`;
  hand.append(picture);
  if (words !== "") {
    const note = document.createElement("b");
    note.className = "drag-note";
    note.dir = document.documentElement.dir;
    note.textContent = words;
    hand.append(note);
  }
  const layer = document.createElement("div");
  layer.className = "drag-layer";
  layer.dir = "ltr";
  layer.inert = true;
  layer.setAttribute("aria-hidden", "true");
  layer.append(hand);
  return { layer, hand, box };
}

/** The press that was a drag is no click as well. What comes after it is. */
function swallowItsClick(): void {
  const over = () => {
    window.removeEventListener("click", swallow, true);
    window.removeEventListener("pointerdown", over, true);
    for (const name of ["pointerup", "pointercancel"]) window.removeEventListener(name, soon, true);
  };
  const swallow = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
    over();
  };
  // The click comes right after the pointer is let go, if it comes at all.
  const soon = () => setTimeout(over, 0);
  window.addEventListener("click", swallow, true);
  window.addEventListener("pointerdown", over, true);
  for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, soon, true);
}

interface Armed {
  pointerId: number;
  cell: HTMLElement;
  touch: boolean;
  x: number;
  y: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

interface Drag {
  pointerId: number;
  lanes: readonly LaneBox[];
  layer: HTMLElement;
  hand: HTMLElement;
  /** From the pointer to the corner of the tile in the hand. */
  offsetX: number;
  offsetY: number;
  over: LaneBox | null;
  /** Where people asked for less movement, no lane scrolls by itself. */
  still: boolean;
}

/** Lets tiles be dragged between the lanes inside `root`. The returned function ends that, and a drag that is going on. */
export function attachDrag(root: HTMLElement, site: DragSite): () => void {
  let armed: Armed | null = null;
  let drag: Drag | null = null;
  let frame = 0;
  let x = 0;
  let y = 0;

  const draw = () => {
    frame = 0;
    if (drag === null) return;
    drag.hand.style.transform = `translate(${x - drag.offsetX}px, ${y - drag.offsetY}px)`;
    const over = laneAt(drag.lanes, x, y);
    if (over !== drag.over) {
      drag.over = over;
      site.onOver(over?.column ?? null);
    }
    const step = over === null || drag.still ? 0 : edgeStep(y, over.scrollBox);
    if (over !== null && step !== 0) {
      over.scroller.scrollBy(0, step);
      schedule();
    }
  };
  const schedule = () => {
    if (frame === 0) frame = requestAnimationFrame(draw);
  };

  const begin = ({ cell, pointerId, x: fromX, y: fromY }: Armed) => {
    disarm();
    const words = site.onStart(cell);
    if (words === null) return;
    const { layer, hand, box } = pictureOf(cell, words);
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    drag = { pointerId, lanes: measure(root), layer, hand, offsetX: fromX - box.left, offsetY: fromY - box.top, over: null, still };
    (root.closest(".board") ?? root).append(layer);
    root.toggleAttribute("data-dragging", true);
    swallowItsClick();
    window.addEventListener("blur", end);
    document.addEventListener("visibilitychange", end);
    window.addEventListener("keydown", onKey, true);
    window.addEventListener("contextmenu", prevent, true);
    listen();
    try {
      // From here on the pointer is this drag's, wherever it goes; the tile itself may be taken out of the page meanwhile.
      root.setPointerCapture(pointerId);
      root.addEventListener("lostpointercapture", onLost);
    } catch {
      // The pointer is gone already; its end is told to the window.
    }
    draw();
  };

  const end = () => {
    if (drag === null) return;
    const { layer, pointerId } = drag;
    drag = null;
    cancelAnimationFrame(frame);
    frame = 0;
    layer.remove();
    root.toggleAttribute("data-dragging", false);
    root.removeEventListener("lostpointercapture", onLost);
    if (root.hasPointerCapture(pointerId)) root.releasePointerCapture(pointerId);
    window.removeEventListener("blur", end);
    document.removeEventListener("visibilitychange", end);
    window.removeEventListener("keydown", onKey, true);
    window.removeEventListener("contextmenu", prevent, true);
    unlisten();
    site.onEnd();
  };
  const onLost = (event: PointerEvent) => {
    if (drag?.pointerId === event.pointerId) end();
  };
  const prevent = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  const onKey = (event: KeyboardEvent) => {
    // While something is in the hand no key does anything to a tile.
    prevent(event);
    if (event.key === "Escape") end();
  };

  const disarm = () => {
    clearTimeout(armed?.timer);
    armed = null;
    unlisten();
  };

  const onMove = (event: PointerEvent) => {
    if (armed !== null && event.pointerId === armed.pointerId) {
      const moved = Math.hypot(event.clientX - armed.x, event.clientY - armed.y) > THRESHOLD_PX;
      if (!moved) return;
      // A finger that moves before it has rested scrolls.
      if (armed.touch || event.buttons === 0) return disarm();
      x = event.clientX;
      y = event.clientY;
      begin(armed);
    } else if (drag !== null && event.pointerId === drag.pointerId) {
      // Let go where nobody heard it.
      if (event.buttons === 0) return end();
      x = event.clientX;
      y = event.clientY;
      schedule();
    }
  };

  const onUp = (event: PointerEvent) => {
    if (armed !== null && event.pointerId === armed.pointerId) return disarm();
    if (drag === null || event.pointerId !== drag.pointerId) return;
    const over = laneAt(drag.lanes, event.clientX, event.clientY);
    // What is dropped is acted on while the board is still as the person saw it.
    if (over !== null) site.onDrop(over.column);
    end();
  };

  const listen = () => {
    window.addEventListener("pointermove", onMove);
    window.addEventListener("pointerup", onUp);
    window.addEventListener("pointercancel", onCancel);
  };
  const unlisten = () => {
    window.removeEventListener("pointermove", onMove);
    window.removeEventListener("pointerup", onUp);
    window.removeEventListener("pointercancel", onCancel);
  };
  const onCancel = () => {
    disarm();
    end();
  };

  const onDown = (event: PointerEvent) => {
    if (drag !== null || !event.isPrimary || event.button !== 0) return;
    disarm();
    // With a key held it is a choice of tiles, not a grip.
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const cell = event.target instanceof Element ? site.grab(event.target) : null;
    if (cell === null) return;
    const touch = event.pointerType === "touch";
    x = event.clientX;
    y = event.clientY;
    const held: Armed = { pointerId: event.pointerId, cell, touch, x, y, timer: undefined };
    if (touch) held.timer = setTimeout(() => begin(held), LONG_PRESS_MS);
    armed = held;
    listen();
  };

  // A finger that drags must not scroll as well; whether it may is asked before the first move.
  const onTouchMove = (event: TouchEvent) => {
    if (drag !== null && event.cancelable) event.preventDefault();
  };

  root.addEventListener("pointerdown", onDown);
  root.addEventListener("touchmove", onTouchMove, { passive: false });
  return () => {
    root.removeEventListener("pointerdown", onDown);
    root.removeEventListener("touchmove", onTouchMove);
    disarm();
    end();
  };
}
