// A desk that cannot show the service who it is: it is connected again from where it says so, and nothing is lost by it.

import { act, cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { MemoryOptions, MemoryPlatform } from "../platform/memory/memory";
import { connectingAgain } from "../shared/ConnectAgain";
import { configureDuties } from "../shared/duties";
import { startSpeaking } from "../shared/language";
import { applyLooks } from "../shared/prefs";
import { ownWords } from "../shared/said";
import { toasts } from "../shared/toasts";
import { isLocked, lock, press, unlock, value, write } from "../test/hands";
import { open } from "../test/window";

beforeAll(async () => {
  await startSpeaking();
  applyLooks();
});
beforeEach(() => void (window.location.hash = ""));
afterEach(() => {
  cleanup();
  toasts.setState({ list: [] });
  connectingAgain.setState({ open: false });
  configureDuties([]);
});

const MENDED = ["CONNECTION_UNREADABLE", "KEY_MISSING", "TOKEN_REFUSED", "WRONG_PROPERTY"];
const NOT_MENDED = ["SERVICE_UNREACHABLE", "KEYRING_UNAVAILABLE", "WRONG_STORE", "UPGRADE_REQUIRED"];

const stopped = (code: string, options: MemoryOptions = {}) =>
  open(options, (platform: MemoryPlatform) =>
    platform.setState(({ sync }) => Object.assign(sync, { state: "stopped", reason: { code, message: ownWords("Nothing is sent."), nextStep: ownWords("Ask your IT."), reference: "" } })),
  );

describe("a desk that cannot show who it is", () => {
  it.each(MENDED)("%s: a new code connects it again, and the board is there as before", async (code) => {
    const { platform } = await stopped(code);
    const connect = vi.spyOn(platform, "connectHotel");
    await press("pill");
    const button = await screen.findByTestId("cockpit-connect");
    await act(async () => {
      button.focus();
      fireEvent.keyDown(button, { key: "Enter" });
      fireEvent.keyUp(button, { key: "Enter" });
    });
    await screen.findByTestId("setup-connecting");
    // The address is known; what has to be typed is the code.
    const { address } = (await platform.appState()).hotel ?? {};
    expect(value("setup-address")).toBe(address);
    expect(document.activeElement).toBe(screen.getByTestId("setup-code"));
    expect(screen.getByTestId("setup-connecting").textContent).toContain("Everything recorded here stays");
    await write("setup-code", "ABCD-1234");
    await press("setup-find");
    await press("setup-confirm");
    await waitFor(() => expect(screen.getByTestId("frame")).toBeDefined());
    expect(connect.mock.calls).toEqual([[expect.any(String), "ABCD-1234"]]);
  });

  it.each(NOT_MENDED)("%s is not mended by a code, and offers none", async (code) => {
    await stopped(code);
    await press("pill");
    await screen.findByTestId("cockpit");
    expect(screen.queryByTestId("cockpit-connect")).toBeNull();
  });

  it("whoever turns back is at the board again", async () => {
    await stopped("KEY_MISSING");
    await press("pill");
    await press("cockpit-connect");
    await screen.findByTestId("setup-connecting");
    await act(async () => fireEvent.click(screen.getByRole("button", { name: "Go back" })));
    expect(screen.getByTestId("frame")).toBeDefined();
  });

  it("offers it where the knowledge is too old as well, and while nothing is loaded", async () => {
    await stopped("KEY_MISSING", { stale: true });
    await press("stale-connect");
    await screen.findByTestId("setup-connecting");
    cleanup();
    connectingAgain.setState({ open: false });
    await stopped("KEY_MISSING", { phase: "loading" });
    expect(screen.getByTestId("loading-why").textContent).toContain("Nothing is sent.");
    await press("loading-connect");
    await screen.findByTestId("setup-connecting");
  });

  it("the lock takes it away, and nothing that was typed is left to whoever unlocks", async () => {
    await stopped("KEY_MISSING");
    await press("pill");
    await press("cockpit-connect");
    await write("setup-code", "ABCD-1234");
    await lock();
    await isLocked();
    await unlock();
    expect(screen.queryByTestId("setup-connecting")).toBeNull();
    await press("pill");
    await press("cockpit-connect");
    expect(value("setup-code")).toBe("");
  });

  it("the front desk's window points to the board instead", async () => {
    await stopped("KEY_MISSING", { window: "front-desk" });
    await press("pill");
    await screen.findByTestId("cockpit-board");
    expect(screen.queryByTestId("cockpit-connect")).toBeNull();
  });
});
