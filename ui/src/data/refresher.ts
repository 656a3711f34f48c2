// Reads one thing again whenever asked, one read at a time: a request that comes while a read runs causes exactly one
// more read after it. So a burst of notices costs at most two reads, and the last one always sees the newest state.

import type { CommandError } from "../bindings/bindings";
import { asCommandError } from "../platform/platform";

export class Refresher {
  #read: () => Promise<void>;
  #onError: (error: CommandError) => void;
  #running: Promise<void> | null = null;
  #again = false;

  constructor(read: () => Promise<void>, onError: (error: CommandError) => void = () => {}) {
    this.#read = read;
    this.#onError = onError;
  }

  /** Resolves when a read that began after this call has ended, well or badly. */
  request(): Promise<void> {
    if (this.#running !== null) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    do {
      this.#again = false;
      try {
        // The loop is the point: reads follow one another, never run beside one another.
        // oxlint-disable-next-line no-await-in-loop
        await this.#read();
      } catch (thrown) {
        this.#onError(asCommandError(thrown));
      }
    } while (this.#again);
    this.#running = null;
  }
}
