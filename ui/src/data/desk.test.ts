import { describe, expect, it, vi } from "vitest";
import { memoryPlatform } from "../platform/memory/memory";
import { createDesk } from "./desk";
import { Refresher } from "./refresher";

describe("one subscription keeps the window fresh", () => {
  it("asks only for what is watched, and for what changed since", async () => {
    const platform = memoryPlatform({ floors: 2, perFloor: 6 });
    const asked = vi.spyOn(platform, "board");
    const desk = createDesk(platform);
    await desk.start();
    expect(asked).not.toHaveBeenCalled();
    const stop = desk.watch("board");
    await vi.waitFor(() => expect(desk.board.getState().revision).not.toBeNull());
    const held = desk.board.getState().revision;
    const [id, ready] = [...desk.board.getState().tiles].find(([, tile]) => tile.status === "ready" && tile.cannotWork === null) ?? ["", undefined];
    await platform.act({ intentId: "i1", roomId: ready?.roomId ?? "", since: null, action: { action: "start", args: { task: id } } });
    await vi.waitFor(() => expect(desk.board.getState().tiles.get(id)?.status).toBe("in_progress"));
    expect(asked).toHaveBeenCalledWith(held);
    stop();
    asked.mockClear();
    await desk.refresh();
    expect(asked).not.toHaveBeenCalled();
  });

  it("heals a window whose notices stopped coming, when it comes to the front", async () => {
    const platform = memoryPlatform({ floors: 1, perFloor: 4 });
    vi.spyOn(platform, "subscribe").mockImplementation(async (onNotice) => onNotice({ revision: 1, kinds: [] }));
    const desk = createDesk(platform);
    await desk.start();
    desk.watch("board");
    await vi.waitFor(() => expect(desk.board.getState().revision).not.toBeNull());
    platform.remote((house) => {
      for (const [id, each] of house.tiles) house.tiles.set(id, { ...each, note: "from elsewhere" });
      return [...house.rooms.keys()];
    });
    window.dispatchEvent(new Event("focus"));
    await vi.waitFor(() => expect([...desk.board.getState().tiles.values()].every((each) => each.note === "from elsewhere")).toBe(true));
  });

  it("a burst of requests costs two reads, the last of them after the last request", async () => {
    let reads = 0;
    const waiting: (() => void)[] = [];
    const refresher = new Refresher(async () => {
      reads += 1;
      await new Promise<void>((done) => waiting.push(done));
    });
    const all = [refresher.request(), refresher.request(), refresher.request()];
    waiting.shift()?.();
    await vi.waitFor(() => expect(waiting.length).toBe(1));
    waiting.shift()?.();
    await Promise.all(all);
    expect(reads).toBe(2);
  });
});
