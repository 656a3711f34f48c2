// One conflict for as long as its page is there: read again whenever something changed, one reading at a time, with what
// was chosen held by the desk.

import { useCallback, useEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import type { CommandError } from "../../bindings/bindings";
import type { Deciding } from "../../data/deciding";
import { metTheLock } from "../../data/lock";
import { Refresher } from "../../data/refresher";
import { useApp, useDesk } from "../../data/useDesk";
import { broughtAlong } from "./choices";

interface InHand {
  /** Null until it was read. */
  deciding: Deciding | null;
  error: CommandError | null;
  /** Reads it again; resolves when a reading that began after the call has ended. */
  read: () => Promise<void>;
  /** Changes what is chosen, from what is chosen now. */
  change: (make: (was: Deciding) => Deciding) => Deciding | null;
  /** It is decided: nothing is read any more. */
  close: () => void;
  /** Forgets what was chosen. */
  forget: () => void;
}

export function useConflict(entityKind: string, entityId: string): InHand {
  const desk = useDesk();
  // What one person chose is not put before the next as chosen.
  const person = useApp((state) => state.person?.id ?? "");
  const name = [person, entityKind, entityId].join("/");
  const deciding = useStore(desk.deciding, (state) => state.held.get(name) ?? null);
  const [error, setError] = useState<CommandError | null>(null);
  // Null once the page was left, or what it shows was decided: who comes back asks anew, and a late answer says nothing.
  const reads = useRef<Refresher | null>(null);

  const forget = useCallback(() => void desk.deciding.change(name, () => null), [desk, name]);
  const change = useCallback((make: (was: Deciding) => Deciding) => desk.deciding.change(name, (was) => (was === null ? null : make(was))), [desk, name]);
  const read = useCallback(async () => reads.current?.request(), []);
  const close = useCallback(() => void (reads.current = null), []);

  useEffect(() => {
    const own: Refresher = new Refresher(
      async () => {
        if (reads.current !== own) return;
        const view = await desk.platform.conflict(entityKind, entityId);
        if (reads.current !== own) return;
        setError(null);
        desk.deciding.change(name, (was) => broughtAlong(was, view));
      },
      (problem) => {
        if (metTheLock(problem) || reads.current !== own) return;
        if (problem.code === "CONFLICT_GONE") forget();
        setError(problem);
      },
    );
    reads.current = own;
    const end = desk.watch("conflict", () => void own.request());
    return () => {
      reads.current = null;
      end();
    };
  }, [desk, entityKind, entityId, name, forget]);

  return { deciding, error, read, change, close, forget };
}
