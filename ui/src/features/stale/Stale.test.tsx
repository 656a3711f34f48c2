// The second way out of the stale dialog: a manager goes on, by name and with a reason.

import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import type { CommandError } from "../../bindings/bindings";
import { createDesk, type Desk } from "../../data/desk";
import { DeskContext } from "../../data/useDesk";
import { memoryPlatform, type MemoryOptions, type MemoryPlatform } from "../../platform/memory/memory";
import { EmergencyStamp } from "./Emergency";
import { StaleModal } from "./Stale";
import { ownWords } from "../../shared/said";

afterEach(cleanup);

async function open(options: MemoryOptions): Promise<{ platform: MemoryPlatform; desk: Desk }> {
  const platform = memoryPlatform({ floors: 1, perFloor: 2, link: "unplugged", ...options });
  const desk = createDesk(platform);
  await act(async () => {
    await desk.refresh();
  });
  render(
    <DeskContext value={desk}>
      <EmergencyStamp />
      <main tabIndex={-1} />
      <StaleModal />
    </DeskContext>,
  );
  return { platform, desk };
}

const press = (mark: string) => act(async () => fireEvent.click(screen.getByTestId(mark)));
const manager = (desk: Desk) => desk.app.getState().state?.staff.find((person) => person.role === "manager");

describe("h11_a_manager_goes_on_with_old_data", () => {
  it("a lead is told who can, and the manager says why", async () => {
    const { desk } = await open({ stale: true });
    await press("stale-go-on");
    expect(screen.getByTestId("go-on-manager").textContent).toBe(manager(desk)?.name);
    expect(document.activeElement).toBe(screen.getByTestId("go-on-manager"));
    await press("go-on-manager");
    const field = await screen.findByTestId("go-on-reason");
    expect(document.activeElement).toBe(field);

    await press("go-on-confirm");
    expect(screen.getByText("Say why, in a few words.")).toBeDefined();
    expect(screen.queryByTestId("emergency")).toBeNull();

    fireEvent.change(field, { target: { value: " the line is cut " } });
    await press("go-on-confirm");
    await waitFor(() => expect(screen.queryByTestId("stale-modal")).toBeNull());
    const stamp = screen.getByTestId("emergency").textContent ?? "";
    expect(stamp).toContain("What this desk knows is 25 hours old.");
    expect(stamp).toContain(`${manager(desk)?.name}: the line is cut`);
    // It just began: there is nothing to prolong.
    expect(screen.queryByTestId("emergency-prolong")).toBeNull();
  });

  it("an emergency operation that ends takes no focus with it", async () => {
    const { desk } = await open({ stale: true });
    await press("stale-go-on");
    await press("go-on-manager");
    fireEvent.change(await screen.findByTestId("go-on-reason"), { target: { value: "storm" } });
    await press("go-on-confirm");
    const refresh = await screen.findByTestId("emergency-refresh");
    refresh.focus();
    expect(document.activeElement).toBe(refresh);
    await act(async () => {
      desk.app.setState(({ state }) => ({ state: state === null ? null : { ...state, staleness: { ...state.staleness, emergency: null } } }));
    });
    expect(screen.queryByTestId("emergency")).toBeNull();
    expect(document.activeElement).toBe(screen.getByRole("main"));
  });

  it("going back finds the focus where it was", async () => {
    await open({ stale: true });
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("stale-refresh")));
    await press("stale-go-on");
    await press("go-on-back");
    expect(document.activeElement).toBe(screen.getByTestId("stale-go-on"));
  });

  it("what the desk refuses is said where the person is, and nothing begins", async () => {
    const { platform, desk } = await open({ stale: true });
    const refusal: CommandError = { code: "DISK_FULL", message: ownWords("The disk is full."), nextStep: ownWords("Free some space."), reference: "" };
    platform.beginEmergency = () => Promise.reject(refusal);
    await press("stale-go-on");
    await press("go-on-manager");
    fireEvent.change(await screen.findByTestId("go-on-reason"), { target: { value: "storm" } });
    await press("go-on-confirm");
    expect((await screen.findByTestId("go-on-problem")).dataset["code"]).toBe("DISK_FULL");
    expect(desk.app.getState().state?.staleness.blocked).toBe(true);
  });

  it("the front desk's window only points to the board", async () => {
    await open({ stale: true, window: "front-desk" });
    await press("stale-go-on");
    expect(screen.getByTestId("go-on-board")).toBeDefined();
    expect(screen.queryByTestId("go-on-manager")).toBeNull();
  });

  it("its last hours offer to prolong it", async () => {
    const { desk } = await open({ emergency: "ending" });
    await press("emergency-prolong");
    await press("go-on-manager");
    fireEvent.change(await screen.findByTestId("go-on-reason"), { target: { value: "still cut" } });
    await press("go-on-confirm");
    await waitFor(() => expect(screen.queryByTestId("dialog-go-on")).toBeNull());
    expect(screen.getByTestId("emergency").textContent).toContain("still cut");
    expect(desk.app.getState().state?.staleness.mayGoOn).toBe(false);
  });
});
