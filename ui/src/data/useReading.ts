import { useEffect } from "react";
import { Refresher } from "./refresher";
import { useDesk } from "./useDesk";

/** A reading rests for so many times as long as it took: what a long record says is read now and then while a flush runs,
 * and not all the time. */
const RESTS = 4;
const REST_MAX_MS = 30_000;

/** Reads at once, and again whenever the outbox or the rooms changed, for as long as the view is there. */
export function useReading(read: () => Promise<void>): void {
  const desk = useDesk();
  useEffect(() => {
    let ended = false;
    const reads = new Refresher(async () => {
      if (ended) return;
      const began = performance.now();
      await read();
      const rest = Math.min(REST_MAX_MS, (performance.now() - began) * RESTS);
      await new Promise((rested) => setTimeout(rested, rest));
    });
    const end = desk.watch("conflict", () => void reads.request());
    return () => {
      ended = true;
      end();
    };
  }, [desk, read]);
}
