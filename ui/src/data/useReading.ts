import { useCallback, useEffect, useRef } from "react";
import { Refresher } from "./refresher";
import { useDesk } from "./useDesk";

/** A reading rests for so many times as long as it took: what a long record says is read now and then while a flush runs,
 * and not all the time. */
const RESTS = 4;
const REST_MAX_MS = 30_000;

/** Reads at once, and again whenever the outbox or the rooms changed, for as long as the view is there. What it returns
 * reads once more without a rest, because somebody asked or did something here; still after the reading that runs. */
export function useReading(read: () => Promise<void>): () => void {
  const desk = useDesk();
  const hurry = useRef(() => {});
  useEffect(() => {
    let ended = false;
    let hurried = false;
    let wake = () => {};
    const reads = new Refresher(async () => {
      if (ended) return;
      hurried = false;
      const began = performance.now();
      await read();
      const rest = Math.min(REST_MAX_MS, (performance.now() - began) * RESTS);
      if (hurried) return;
      await new Promise<void>((rested) => {
        wake = rested;
        setTimeout(rested, rest);
      });
    });
    hurry.current = () => {
      hurried = true;
      void reads.request();
      wake();
    };
    const end = desk.watch("conflict", () => void reads.request());
    return () => {
      ended = true;
      end();
    };
  }, [desk, read]);
  return useCallback(() => hurry.current(), []);
}
