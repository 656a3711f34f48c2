import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { createDesk } from "../../data/desk";
import { DeskContext } from "../../data/useDesk";
import { memoryPlatform, type MemoryOptions } from "../../platform/memory/memory";
import { Suggestions } from "./Suggestions";

afterEach(cleanup);

async function open(options: MemoryOptions) {
  const platform = memoryPlatform({ floors: 3, ...options });
  const desk = createDesk(platform);
  desk.watch("board");
  await act(async () => desk.refresh());
  const changed: string[] = [];
  render(
    <DeskContext value={desk}>
      <Suggestions onChange={(task) => changed.push(task)} />
    </DeskContext>,
  );
  await act(async () => desk.refresh());
  const proposed = (await platform.suggestions()).list;
  const assignee = (task: string) => desk.board.getState().tiles.get(task)?.assignee;
  return { platform, desk, changed, proposed, assignee };
}

const press = (mark: string) => act(async () => fireEvent.click(screen.getByTestId(mark)));

describe("h10_suggestions", () => {
  it("are counted, and all are accepted at once and undone at once", async () => {
    const { desk, proposed, assignee } = await open({ suggests: 3 });
    expect((await screen.findByTestId("suggestions")).textContent).toContain("3 tasks have nobody.");
    await press("suggestions-accept");
    await act(async () => desk.refresh());
    expect(proposed.map((each) => assignee(each.taskId))).toEqual(proposed.map((each) => each.to));
  });

  it("are accepted, given to somebody else or rejected one by one, each with its reason", async () => {
    const { desk, proposed, assignee, changed } = await open({ suggests: 3 });
    await screen.findByTestId("suggestions");
    await press("suggestions-look");
    const rows = screen.getAllByTestId("suggestion");
    expect(rows.map((row) => row.textContent?.includes("credits left"))).toEqual([true, true, true]);
    const pressIn = (at: number, mark: string) => act(async () => fireEvent.click(within(rows[at] as HTMLElement).getByTestId(mark)));
    await pressIn(0, "suggestion-accept");
    await act(async () => desk.refresh());
    expect(assignee(proposed[0]?.taskId ?? "")).toBe(proposed[0]?.to);
    await pressIn(1, "suggestion-reject");
    await waitFor(() => expect(screen.getAllByTestId("suggestion").every((row) => row.dataset["room"] !== proposed[1]?.number)).toBe(true));
    await pressIn(2, "suggestion-change");
    expect(changed).toEqual([proposed[2]?.taskId]);
    expect(assignee(proposed[1]?.taskId ?? "")).toBe(null);
  });

  it("are gone without a trace offline, and with nothing to propose", async () => {
    const { platform, desk } = await open({ suggests: 3 });
    await screen.findByTestId("suggestions");
    await act(async () => platform.setLink("unplugged"));
    await act(async () => desk.refresh());
    await waitFor(() => expect(screen.queryByTestId("suggestions")).toBe(null));
    cleanup();
    await open({});
    expect(screen.queryByTestId("suggestions")).toBe(null);
  });
});
