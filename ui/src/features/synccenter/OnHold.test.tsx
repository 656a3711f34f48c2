// Holding back: a room that somebody put on hold, and the sending that somebody paused.

import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { createDesk, type Desk } from "../../data/desk";
import { DeskContext } from "../../data/useDesk";
import { memoryPlatform, type MemoryPlatform } from "../../platform/memory/memory";
import { HoldDialog } from "../../shared/HoldDialog";
import { SyncCenter } from "./SyncCenter";

afterEach(cleanup);

async function open(): Promise<{ platform: MemoryPlatform; desk: Desk; roomId: string; number: string }> {
  const platform = memoryPlatform({ busy: true, link: "unplugged" });
  const desk = createDesk(platform);
  await act(async () => desk.refresh());
  const [room] = platform.house.rooms.values();
  if (room === undefined) throw new Error("the house has a room");
  return { platform, desk, roomId: room.roomId, number: room.number };
}

const press = (mark: string) => act(async () => fireEvent.click(screen.getByTestId(mark)));

describe("h15_holding_back", () => {
  it("asks why before a room is held back, and is not done without a reason", async () => {
    const { desk, roomId, number } = await open();
    let closed = 0;
    render(
      <DeskContext value={desk}>
        <HoldDialog roomId={roomId} number={number} onClose={() => (closed += 1)} />
      </DeskContext>,
    );
    await press("hold-confirm");
    expect(closed).toBe(0);
    expect(screen.getByText("Say why, so that the next person knows.")).toBeDefined();
    fireEvent.change(screen.getByTestId("hold-reason"), { target: { value: "the guest is asked first" } });
    await press("hold-confirm");
    expect(closed).toBe(1);
    const { onHold } = await desk.platform.syncCenter("all", [], 0, 10);
    expect(onHold.map((room) => [room.title, room.reason])).toEqual([[number, "the guest is asked first"]]);
  });

  it("lists what is on hold with who and why, and lets it go on", async () => {
    const { desk, roomId, number } = await open();
    await desk.platform.putOnHold("i1", roomId, "the guest is asked first");
    render(
      <DeskContext value={desk}>
        <SyncCenter />
      </DeskContext>,
    );
    const card = await screen.findByTestId("hold-card");
    expect(card.textContent).toContain(number);
    expect(card.textContent).toContain("the guest is asked first");
    await act(async () => fireEvent.click(within(card).getByTestId("let-go")));
    expect((await desk.platform.syncCenter("all", [], 0, 10)).onHold).toEqual([]);
  });

  it("never loses the focus with the card that goes", async () => {
    const { desk, roomId } = await open();
    await desk.platform.putOnHold("i1", roomId, "the guest is asked first");
    render(
      <DeskContext value={desk}>
        <SyncCenter />
      </DeskContext>,
    );
    const letGo = within(await screen.findByTestId("hold-card")).getByTestId("let-go");
    letGo.focus();
    await act(async () => fireEvent.click(letGo));
    await act(async () => desk.refresh());
    await waitFor(() => expect(letGo.isConnected).toBe(false));
    await waitFor(() => expect(document.activeElement?.tagName).toBe("H1"));
  });

  it("pauses the sending and has it go on, by one button that says which", async () => {
    const { desk } = await open();
    await act(async () => desk.platform.setLink("auto"));
    render(
      <DeskContext value={desk}>
        <SyncCenter />
      </DeskContext>,
    );
    expect(screen.getByTestId("pause-sending").textContent).toContain("Pause sending");
    await press("pause-sending");
    await act(async () => desk.refresh());
    expect(screen.getByTestId("pause-sending").textContent).toContain("Resume sending");
    expect(screen.getByTestId("sync-state").textContent).toContain("Somebody paused the sending");
  });
});
