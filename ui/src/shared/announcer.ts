// What is said to people who listen instead of look. Two live regions, polite and assertive, stand empty on <body> from
// the start; every message is a new block element, because WebKitGTK tells nobody about changed text, only about added
// blocks. Messages leave at least a second apart so that none cuts off the one before, and a newer message under the
// same key takes the place of one that was not said yet. Nothing else in the screens may make a live region. On a locked
// desk only what stands at the door is said: an answer that comes late tells nobody of a room.

export type Urgency = "polite" | "assertive";

export interface AnnounceOptions {
  urgency?: Urgency;
  /** A message that waits under this key is replaced. */
  key?: string;
  /** It tells of nothing behind the lock, and is said on a locked desk too. */
  atTheDoor?: boolean;
}

interface Waiting {
  text: string;
  urgency: Urgency;
  key: string | undefined;
}

const SPACING_MS = 1000;
const STAYS_MS = 8000;

const regions: Partial<Record<Urgency, HTMLElement>> = {};
let queue: Waiting[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
let locked = false;

function region(urgency: Urgency): HTMLElement {
  const known = regions[urgency];
  if (known?.isConnected) return known;
  const made = document.createElement("div");
  made.className = "live-region";
  made.setAttribute("aria-live", urgency);
  made.setAttribute("role", urgency === "assertive" ? "alert" : "status");
  made.setAttribute("aria-atomic", "false");
  made.setAttribute("aria-relevant", "additions");
  // React Aria leaves what carries this attribute out of what it makes inert behind a modal.
  made.setAttribute("data-live-announcer", "true");
  document.body.append(made);
  regions[urgency] = made;
  return made;
}

/** Puts the two empty regions in place; once, before the first view. */
export function mountAnnouncer(): void {
  region("polite");
  region("assertive");
}

/** Says it. Assertive messages go before waiting polite ones. */
export function announce(text: string, { urgency = "polite", key, atTheDoor = false }: AnnounceOptions = {}): void {
  if (text === "" || (locked && !atTheDoor)) return;
  if (key !== undefined) queue = queue.filter((waiting) => waiting.key !== key);
  const message: Waiting = { text, urgency, key };
  if (urgency === "assertive") {
    const firstPolite = queue.findIndex((waiting) => waiting.urgency === "polite");
    if (firstPolite >= 0) queue.splice(firstPolite, 0, message);
    else queue.push(message);
  } else {
    queue.push(message);
  }
  if (timer === undefined) next();
}

function next(): void {
  const message = queue.shift();
  if (message === undefined) {
    timer = undefined;
    return;
  }
  const block = document.createElement("div");
  block.lang = document.documentElement.lang;
  block.dir = document.documentElement.dir || "ltr";
  block.textContent = message.text;
  region(message.urgency).append(block);
  setTimeout(() => block.remove(), STAYS_MS);
  timer = setTimeout(next, SPACING_MS);
}

/** Locks what is said, or opens it again. With the lock goes what waits to be said, and what was said and can still be
 * read. */
export function lockSpeech(isLocked: boolean): void {
  if (isLocked && !locked) {
    queue = [];
    for (const urgency of ["polite", "assertive"] as const) regions[urgency]?.replaceChildren();
  }
  locked = isLocked;
}

/** Forgets everything: for tests. */
export function resetAnnouncer(): void {
  clearTimeout(timer);
  timer = undefined;
  queue = [];
  locked = false;
  for (const urgency of ["polite", "assertive"] as const) {
    regions[urgency]?.remove();
    delete regions[urgency];
  }
}
