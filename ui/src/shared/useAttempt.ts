// One thing at a time that a form or a page asks the desk for. What goes wrong stands beside it, and is said.

import { useRef, useState } from "react";
import type { CommandError } from "../bindings/bindings";
import { metTheLock } from "../data/lock";
import { asCommandError } from "../platform/platform";
import { announce } from "./announcer";
import { inFull } from "./said";

export interface Attempt {
  busy: boolean;
  /** Why the last one failed; nothing while another runs. */
  error: CommandError | null;
  /** Does it, unless one runs already: pressed twice, it is done once. */
  run: (command: () => Promise<void>) => Promise<void>;
}

function sayIt(why: CommandError): void {
  announce(inFull(why), { urgency: "assertive" });
}

/** `say` tells what went wrong, where that is not said as everywhere. */
export function useAttempt(say: (why: CommandError) => void = sayIt): Attempt {
  const running = useRef(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<CommandError | null>(null);
  const run = async (command: () => Promise<void>) => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setError(null);
    try {
      await command();
    } catch (thrown) {
      const why = asCommandError(thrown);
      if (metTheLock(why)) return;
      setError(why);
      say(why);
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { busy, error, run };
}
