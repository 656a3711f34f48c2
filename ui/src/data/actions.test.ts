import { beforeEach, describe, expect, it, vi } from "vitest";
import { memoryPlatform } from "../platform/memory/memory";
import { dismissToast, toasts } from "../shared/toasts";
import { perform, performMany, undo, undoable, underway, type Part } from "./actions";
import { createDesk } from "./desk";

function house() {
  const platform = memoryPlatform({ floors: 2, perFloor: 12, link: "unplugged" });
  const desk = createDesk(platform);
  const ready = [...platform.house.tiles.values()].filter((tile) => tile.status === "ready" && tile.kind !== "linen");
  const part = (tile: (typeof ready)[number]): Part => ({ roomId: tile.roomId, number: tile.number, action: { action: "start", args: { task: tile.taskId } } });
  const free = ready.filter((tile) => tile.cannotWork === null);
  const shut = ready.filter((tile) => tile.cannotWork === "doNotDisturb");
  return { platform, desk, part, free, shut };
}

const said = () => [...document.querySelectorAll("[data-live-announcer] > div")].map((each) => each.textContent);

beforeEach(() => {
  for (const toast of toasts.getState().list) dismissToast(toast.id);
  undoable.setState({ stack: [] });
});

describe("what_is_done_to_many_rooms_is_shown_said_and_undone_as_one", () => {
  it("records them in their order, one message and one undo for the whole", async () => {
    const { platform, desk, part, free } = house();
    const asked = vi.spyOn(platform, "act");
    const parts = free.slice(0, 6).map(part);
    await performMany(desk, parts, { done: "started", left: () => "9 left in Dirty." });
    expect(asked.mock.calls.map(([request]) => request.roomId)).toEqual(parts.map((each) => each.roomId));
    expect(toasts.getState().list.map((toast) => toast.text)).toEqual(["6 rooms: started"]);
    expect(undoable.getState().stack).toHaveLength(1);
    await vi.waitFor(() => expect(said()).toEqual(["6 rooms: started. Saved on this device. 9 left in Dirty."]));
  });

  it("undoes the newest first", async () => {
    const { platform, desk, part, free } = house();
    const parts = free.slice(0, 3).map(part);
    const acted = await performMany(desk, parts, { done: "started" });
    const asked = vi.spyOn(platform, "act");
    await undo(desk);
    expect(asked.mock.calls.map(([{ action }]) => (action.action === "undo" ? action.args.event : ""))).toEqual(acted.map((each) => each?.eventId).toReversed());
    expect(toasts.getState().list.map((toast) => toast.text)).toEqual(["3 rooms: undone"]);
    expect(undoable.getState().stack).toEqual([]);
  });

  it("goes on past what is refused, and lists the reasons with their rooms", async () => {
    const { desk, part, free, shut } = house();
    const [closed] = shut;
    if (closed === undefined) throw new Error("somebody sleeps in");
    const answers = await performMany(desk, [part(closed), ...free.slice(0, 2).map(part)], { done: "started" });
    expect(answers.map((each) => each !== null)).toEqual([false, true, true]);
    const [toast] = toasts.getState().list;
    expect(toast).toMatchObject({ tone: "trouble", text: "2 rooms: started.", code: "ROOM_DO_NOT_DISTURB" });
    expect(toast?.nextStep).toContain("1 not done.");
    expect(toast?.nextStep).toContain(closed.number);
    expect(toast?.nextStep).toContain("must not be disturbed");
    expect(toast?.offer?.label).toBe("Undo");
  });

  it("says so when nothing was recorded, and leaves nothing to undo", async () => {
    const { desk, part, shut } = house();
    await performMany(desk, shut.slice(0, 2).map(part), { done: "started" });
    expect(toasts.getState().list[0]).toMatchObject({ tone: "trouble", text: "Nothing was recorded." });
    expect(toasts.getState().list[0]?.offer).toBeUndefined();
    expect(undoable.getState().stack).toEqual([]);
  });

  it("has at most a few with the core at once, and never two of one room", async () => {
    const { platform, desk, part, free } = house();
    let inFlight = 0;
    let most = 0;
    let together = 0;
    const rooms = new Set<string>();
    vi.spyOn(platform, "act").mockImplementation(async ({ roomId }) => {
      if (rooms.has(roomId)) together += 1;
      rooms.add(roomId);
      inFlight += 1;
      most = Math.max(most, inFlight);
      await new Promise((later) => setTimeout(later, 1));
      inFlight -= 1;
      rooms.delete(roomId);
      return { eventId: `e-${roomId}`, revision: 2, board: null };
    });
    await performMany(desk, free.flatMap((each) => [part(each), part(each)]), { done: "started" });
    expect(together).toBe(0);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });

  it("says how far it is when it takes longer than a moment, and undoes nothing meanwhile", async () => {
    const { platform, desk, part, free } = house();
    const [earlier, ...others] = free.slice(0, 9).map(part);
    if (earlier === undefined) throw new Error("there is work");
    await perform(desk, earlier.roomId, earlier.action, { number: earlier.number, done: "started" });
    const now = vi.spyOn(performance, "now").mockReturnValue(0);
    const asked = vi.spyOn(platform, "act").mockImplementation(async ({ roomId }) => {
      now.mockReturnValue(performance.now() + 150);
      return { eventId: `e-${roomId}`, revision: 2, board: null };
    });
    const seen: string[] = [];
    const stop = underway.subscribe(({ now: state }) => {
      seen.push(state === null ? "over" : `${state.done} of ${state.total}${state.shown ? ", shown" : ""}`);
      if (state?.done === 1) void undo(desk);
    });
    await performMany(desk, others, { done: "started" });
    stop();
    expect(seen[0]).toBe("0 of 8");
    expect(seen).toContain("1 of 8, shown");
    expect(seen.at(-1)).toBe("over");
    expect(asked.mock.calls.every(([{ action }]) => action.action === "start")).toBe(true);
    expect(undoable.getState().stack).toHaveLength(2);
  });

  it("counts tasks where a room has more than one of them", async () => {
    const { desk, part, free } = house();
    const [first, second] = free;
    if (first === undefined || second === undefined) throw new Error("there is work");
    await performMany(desk, [part(first), part(first), part(second)], { done: "started" });
    expect(toasts.getState().list.at(-1)?.text).toBe("3 tasks in 2 rooms: started");
  });

  it("an action before it is undone after it", async () => {
    const { desk, part, free } = house();
    const [alone, ...others] = free.slice(0, 3).map(part);
    if (alone === undefined) throw new Error("there is work");
    await perform(desk, alone.roomId, alone.action, { number: alone.number, done: "started" });
    await performMany(desk, others, { done: "started" });
    await undo(desk);
    expect(undoable.getState().stack.map((entry) => entry.events.length)).toEqual([1]);
    await undo(desk);
    expect(undoable.getState().stack).toEqual([]);
  });
});

describe("h12_what_is_done_to_a_room_shows_with_the_cores_answer", () => {
  const ready = async () => {
    const { platform, desk, free } = house();
    const [tile] = free;
    if (tile === undefined) throw new Error("there is work");
    desk.watch("board");
    await desk.refresh();
    // Whatever else the board asks is never answered.
    vi.spyOn(platform, "board").mockReturnValue(new Promise(() => {}));
    const start = () => perform(desk, tile.roomId, { action: "start", args: { task: tile.taskId } }, { number: tile.number, done: "started" });
    return { platform, desk, tile, start };
  };

  it("without another question, and says so once it is painted", async () => {
    const { desk, tile, start } = await ready();
    await start();
    expect(desk.board.getState().tiles.get(tile.taskId)?.column).toBe("inProgress");
    expect(toasts.getState().list).toEqual([]);
    await vi.waitFor(() => expect(toasts.getState().list.map((toast) => toast.text)).toEqual([expect.stringContaining("started")]));
  });

  it("can be undone before anything is said of it, and offers nothing then", async () => {
    const { desk, start } = await ready();
    await start();
    expect(undoable.getState().stack).toHaveLength(1);
    await undo(desk);
    await vi.waitFor(() => expect(toasts.getState().list.map((toast) => toast.text)).toEqual([expect.stringContaining("undone")]));
    expect(undoable.getState().stack).toEqual([]);
  });

  it("asks again where the answer has nothing of the board", async () => {
    const { platform, desk, tile, start } = await ready();
    const act = platform.act;
    vi.spyOn(platform, "act").mockImplementation(async (request) => ({ ...(await act(request)), board: null }));
    vi.mocked(platform.board).mockRestore();
    await start();
    await vi.waitFor(() => expect(desk.board.getState().tiles.get(tile.taskId)?.column).toBe("inProgress"));
  });
});
