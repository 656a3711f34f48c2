// One desk per window: the platform, the stores, and the one subscription that keeps them fresh. A notice says only
// that something changed; each store then asks for what it shows. Because a notice can be lost (a page that was asleep,
// a channel that broke), everything shown is also read again when the window comes to the front and on a slow timer.

import { createStore, type StoreApi } from "zustand/vanilla";
import type { AppState, ChangeKind, CommandError, Notice } from "../bindings/bindings";
import type { Platform } from "../platform/platform";
import { lockSpeech } from "../shared/announcer";
import { toasts } from "../shared/toasts";
import { undoable } from "./actions";
import { createBoardStore, type BoardStore } from "./board";
import { createDecidingStore, type DecidingStore } from "./deciding";
import { metTheLock, whenLockIsMet } from "./lock";
import { createOutboxStore, type OutboxStore } from "./outbox";
import { createRackStore, type RackStore } from "./rack";
import { Refresher } from "./refresher";
import { share } from "./share";

/** What a view shows, and so wants kept fresh. */
export type Interest = "board" | "rack" | "outbox" | "conflict";

const HEAL_MS = 15_000;

const KINDS: Record<Interest, readonly ChangeKind[]> = {
  board: ["rooms", "session"],
  rack: ["rooms", "session"],
  outbox: ["outbox", "status"],
  conflict: ["outbox", "rooms"],
};

export interface AppSlice {
  state: AppState | null;
  /** The state could not be read at all. */
  error: CommandError | null;
}

export interface Desk {
  readonly platform: Platform;
  readonly app: StoreApi<AppSlice>;
  readonly board: BoardStore;
  readonly rack: RackStore;
  readonly outbox: OutboxStore;
  readonly deciding: DecidingStore;
  /** Keeps something fresh while a view shows it; the returned function ends that. */
  watch: (interest: Interest, read?: () => void) => () => void;
  /** The revision of the board, where this window shows one. */
  boardRevision: () => number | null;
  /** Reads the frame, and what is watched, at once. */
  refresh: (kinds?: readonly ChangeKind[]) => Promise<void>;
  /** Begins: subscribes and reads the frame. */
  start: () => Promise<void>;
}

export function createDesk(platform: Platform, onError: (error: CommandError) => void = () => {}): Desk {
  const app = createStore<AppSlice>(() => ({ state: null, error: null }));
  const board = createBoardStore();
  const rack = createRackStore();
  const deciding = createDecidingStore();
  const watched = new Map<Interest, number>();
  const readers = new Map<Interest, Set<() => void>>();

  const appReads = new Refresher(
    async () => {
      const state = await platform.appState();
      const held = app.getState().state;
      if (held !== null && state.revision < held.revision) return;
      // Where people show who they are, what somebody chose and did not send is theirs alone, and so is taking back at once
      // what they did.
      if (state.signIn.byPin && held?.person?.id !== state.person?.id) {
        deciding.clear();
        undoable.setState({ stack: [] });
        toasts.setState({ list: [] });
      }
      // Before the views: what they say at the door is said behind it.
      lockSpeech(state.phase === "locked");
      app.setState({ state: share(held, state), error: null });
    },
    (error) => app.setState({ error }),
  );
  const isLocked = (): boolean => app.getState().state?.phase === "locked";
  whenLockIsMet(() => {
    lockSpeech(true);
    void appReads.request();
  });
  const failed = (error: CommandError): void => {
    if (!metTheLock(error)) onError(error);
  };
  const boardReads = new Refresher(async () => {
    board.apply(await platform.board(board.getState().revision));
  }, failed);
  const rackReads = new Refresher(async () => {
    rack.apply(await platform.frontDesk(rack.getState().revision));
  }, failed);
  const outbox = createOutboxStore(platform.syncCenter, () => void outboxReads.request());
  const outboxReads = new Refresher(() => outbox.read(), failed);

  const read = (interest: Interest): Promise<void> => {
    // Whoever unlocks the desk has the views ask again.
    if (isLocked()) return Promise.resolve();
    switch (interest) {
      case "board":
        return boardReads.request();
      case "rack":
        return rackReads.request();
      case "outbox":
        return outboxReads.request();
      case "conflict":
        for (const again of readers.get("conflict") ?? []) again();
        return Promise.resolve();
    }
  };

  const isWatched = (interest: Interest): boolean => (watched.get(interest) ?? 0) > 0;

  const refresh = async (kinds?: readonly ChangeKind[]): Promise<void> => {
    const reads: Promise<void>[] = [];
    if (kinds === undefined || kinds.some((kind) => kind !== "rooms")) reads.push(appReads.request());
    for (const interest of ["board", "rack", "outbox", "conflict"] as const) {
      if (isWatched(interest) && (kinds === undefined || KINDS[interest].some((kind) => kinds.includes(kind)))) {
        reads.push(read(interest));
      }
    }
    await Promise.all(reads);
  };

  const onNotice = (notice: Notice): void => {
    // The first message of a subscription names no kinds: it says where the desk stands.
    void refresh(notice.kinds.length === 0 ? undefined : notice.kinds);
  };

  return {
    platform,
    app,
    board,
    rack,
    outbox,
    deciding,
    boardRevision: () => (isWatched("board") ? board.getState().revision : null),
    refresh,
    watch: (interest, again) => {
      watched.set(interest, (watched.get(interest) ?? 0) + 1);
      if (again !== undefined) {
        const known = readers.get(interest) ?? new Set();
        known.add(again);
        readers.set(interest, known);
      }
      void read(interest);
      return () => {
        watched.set(interest, (watched.get(interest) ?? 1) - 1);
        if (again !== undefined) readers.get(interest)?.delete(again);
      };
    },
    start: async () => {
      window.addEventListener("focus", () => void refresh());
      document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "visible") void refresh();
      });
      setInterval(() => {
        board.tick(Date.now());
        void refresh();
      }, HEAL_MS);
      await appReads.request();
      await platform.subscribe(onNotice);
    },
  };
}
