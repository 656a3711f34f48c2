// The whole of a window, for tests.

import { act, render } from "@testing-library/react";
import { App } from "../app/App";
import { report } from "../data/actions";
import { createDesk, type Desk } from "../data/desk";
import { memoryPlatform, type MemoryOptions, type MemoryPlatform } from "../platform/memory/memory";

/** The whole window of a hotel that asks for PINs, with somebody at work. */
export async function open(options: MemoryOptions = {}, prepare: (platform: MemoryPlatform) => void = () => {}): Promise<{ desk: Desk; platform: MemoryPlatform }> {
  const platform = memoryPlatform({ floors: 1, perFloor: 12, byPin: true, busy: true, sends: false, ...options });
  prepare(platform);
  const desk = createDesk(platform, report);
  await act(async () => desk.start());
  render(<App desk={desk} />);
  await act(async () => undefined);
  return { desk, platform };
}
