// Measures what a person feels: from the click or key press of a task action to the first frame in which the board
// shows it. The engine offers no event timing, so this takes the event's own stamp, waits until the change has been
// rendered, then for the next frame, and then for the task after it, by which time the frame has been handed over.

export interface ProbeSample {
  action: string;
  /** Milliseconds from the event to the painted change. */
  ms: number;
}

export interface ProbeWindow {
  samples: () => readonly ProbeSample[];
  /** Milliseconds by action: how many, the middle one, the 95th of a hundred, the longest. */
  summary: () => Record<string, { count: number; p50: number; p95: number; max: number }>;
  clear: () => void;
  /** When the board was first painted: by the computer's clock, and since the page began. Null before. */
  firstBoard: () => { at: number; ms: number } | null;
}

const KEEP = 5000;
/** A change that did not show within this time was refused, or is not shown in this window. */
const GIVE_UP_MS = 10_000;

interface Pending {
  action: string;
  from: number;
  /** The revision in which it shows, once the core has answered. */
  revision: number | null;
  /** Frames painted meanwhile: the answer and the change can arrive in either order. */
  painted: { revision: number; at: number }[];
}

const pending = new Map<string, Pending>();
let samples: ProbeSample[] = [];
let first: { at: number; ms: number } | null = null;

/** A person acted on a room. `from` is the event's time stamp. */
export function began(roomId: string, action: string, from: number): void {
  pending.set(roomId, { action, from, revision: null, painted: [] });
}

/** The core has it; it shows from this revision on. */
export function landed(roomId: string, revision: number): void {
  const entry = pending.get(roomId);
  if (entry === undefined) return;
  entry.revision = revision;
  settle(roomId, entry);
}

/** It was refused: nothing to wait for. */
export function refused(roomId: string): void {
  pending.delete(roomId);
}

/**
 * The board has rendered everything up to a revision. Call it from a layout effect. It does not matter in which of several
 * changes that were rendered together a room was: what is recorded by a revision is on the board that shows it.
 */
export function rendered(revision: number): void {
  const now = performance.now();
  if (first === null) {
    afterPaint(() => {
      const ms = performance.now();
      first ??= { at: performance.timeOrigin + ms, ms };
    });
  }
  for (const [room, entry] of pending) {
    if (now - entry.from > GIVE_UP_MS) {
      pending.delete(room);
    } else {
      afterPaint(() => {
        entry.painted.push({ revision, at: performance.now() });
        if (pending.get(room) === entry) settle(room, entry);
      });
    }
  }
}

function settle(room: string, entry: Pending): void {
  const { revision } = entry;
  if (revision === null) return;
  const frame = entry.painted.find((each) => each.revision >= revision);
  if (frame === undefined) return;
  pending.delete(room);
  samples.push({ action: entry.action, ms: frame.at - entry.from });
  if (samples.length > KEEP) samples = samples.slice(-KEEP);
}

/** Once the frame that is next has been handed over. */
export function painted(): Promise<void> {
  return new Promise(afterPaint);
}

function afterPaint(then: () => void): void {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.addEventListener("message", () => {
      channel.port1.close();
      then();
    });
    channel.port1.start();
    channel.port2.postMessage(null);
  });
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

function summary(): ReturnType<ProbeWindow["summary"]> {
  const byAction = new Map<string, number[]>();
  for (const { action, ms } of samples) byAction.set(action, [...(byAction.get(action) ?? []), ms]);
  return Object.fromEntries(
    [...byAction].map(([action, times]) => {
      const sorted = times.toSorted((a, b) => a - b);
      return [
        action,
        { count: sorted.length, p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), max: sorted.at(-1) ?? 0 },
      ];
    }),
  );
}

/** Puts the read-only histogram where a test in the real window can read it. */
export function exposeProbe(): void {
  const probe: ProbeWindow = Object.freeze({
    samples: () => samples.map((sample) => ({ ...sample })),
    summary,
    clear: () => {
      samples = [];
      pending.clear();
    },
    firstBoard: () => first,
  });
  Object.defineProperty(window, "__turndownProbe", { value: probe, enumerable: true });
}
