// Whoever unlocks the desk goes on where they were: the focus, the drafts, the language.

import { act, cleanup, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { configureDuties } from "../shared/duties";
import { startSpeaking } from "../shared/language";
import { applyLooks, setPref } from "../shared/prefs";
import { toasts } from "../shared/toasts";
import { frames, isLocked, lock, unlock, value, write } from "../test/hands";
import { open } from "../test/window";
import { settings } from "./Settings";

beforeAll(async () => {
  applyLooks();
  await startSpeaking();
});
beforeEach(() => toasts.setState({ list: [] }));
afterEach(async () => {
  cleanup();
  configureDuties([]);
  settings.setState({ open: false, at: "top" });
  await act(async () => setPref({ language: "en" }));
});

const focus = (id: string) => act(async () => screen.getByTestId(id).focus());

describe("the focus after the lock", () => {
  it("stays_in_the_field_that_somebody_types_in_when_a_tile_moves", async () => {
    const { desk, platform } = await open();
    await screen.findAllByTestId("tile");
    await waitFor(() => expect(document.activeElement?.getAttribute("data-testid")).toBe("tile"));
    const task = (document.activeElement as HTMLElement).dataset["task"] ?? "";
    await focus("radio-input");
    await write("radio-input", "412 v");
    await lock();
    await isLocked();
    await unlock();
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("radio-input")));
    // The tile that the focus was on before goes to another lane while they type.
    await act(async () => {
      platform.remote((house) => {
        const tile = house.tiles.get(task);
        if (tile !== undefined) house.tiles.set(task, { ...tile, status: "completed", column: "clean" });
        return [tile?.roomId ?? ""];
      });
      await desk.refresh();
    });
    await waitFor(() => expect(desk.board.getState().tiles.get(task)?.column).toBe("clean"));
    await frames();
    expect(document.activeElement).toBe(screen.getByTestId("radio-input"));
    expect(value("radio-input")).toBe("412 v");
  });

  it.each(["#/sync", "#/story/room/ROOM", "#/conflict/room/ROOM", "#/report", "#/summary"])("is_where_it_was_and_not_on_the_heading_at_%s", async (place) => {
    const { platform } = await open();
    const { conflicts } = await platform.syncCenter("all", [], 0, 1);
    await act(async () => (window.location.hash = place.replace("ROOM", conflicts[0]?.entityId ?? "")));
    await waitFor(() => expect(document.activeElement?.tagName).toBe("H1"));
    await focus("pill");
    await lock();
    await isLocked();
    await unlock();
    await frames();
    expect(document.activeElement).toBe(screen.getByTestId("pill"));
  });

  it.each(["board", "front-desk"] as const)("is_in_the_view_where_the_desk_was_locked_when_it_started_in_the_window_%s", async (window) => {
    await open({ phase: "locked", window });
    await isLocked();
    await unlock();
    await screen.findAllByTestId(window === "board" ? "tile" : "rack-room");
    await waitFor(() => expect(screen.getByRole("main").contains(document.activeElement)).toBe(true));
  });
});

describe("the language of a locked desk", () => {
  const speaks = (language: string, title: string) =>
    act(async () => {
      setPref({ language });
      await waitFor(() => expect(screen.getByTestId("locked").querySelector("h1")?.textContent).toBe(title));
    });

  it("that_is_changed_and_changed_back_costs_no_draft", async () => {
    await open();
    await write("radio-input", "412 vc");
    await lock();
    await isLocked();
    await speaks("fr", "Verrouillé");
    await speaks("en", "Locked");
    await unlock();
    expect(value("radio-input")).toBe("412 vc");
    expect(screen.getByTestId("nav-sync").textContent).toContain("Sync Center");
    expect(screen.getByTestId("radio").getAttribute("aria-label")).toBe("Radio");
  });

  it("that_is_changed_for_good_is_that_of_every_view", async () => {
    await open();
    await screen.findAllByTestId("tile");
    await lock();
    await isLocked();
    await speaks("ar", "مقفل");
    await unlock();
    await screen.findAllByTestId("tile");
    expect(document.documentElement.dir).toBe("rtl");
    const words = screen.getByTestId("frame").textContent ?? "";
    for (const english of ["Board", "Sync Center", "Front Desk", "Dirty", "Add a task", "for shortcuts"]) expect(words).not.toContain(english);
    await waitFor(() => expect(document.activeElement).not.toBe(document.body));
  });
});
