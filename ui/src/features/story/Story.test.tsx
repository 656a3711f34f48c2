// A page that cannot be shown says why, has the focus, and can be asked for once more.

import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { createDesk } from "../../data/desk";
import { DeskContext } from "../../data/useDesk";
import { memoryPlatform } from "../../platform/memory/memory";
import { Story } from "./Story";

afterEach(cleanup);

describe("a_story_that_cannot_be_read", () => {
  it("says why with the focus, and shows when it can be", async () => {
    const platform = memoryPlatform({ floors: 1, perFloor: 2 });
    const desk = createDesk(platform);
    await act(async () => {
      await desk.refresh();
    });
    const room = [...desk.board.getState().tiles.values()][0]?.roomId ?? "";
    const { story } = platform;
    platform.story = () => Promise.reject({ code: "DATABASE_UNREADABLE", message: "It cannot be read.", nextStep: "Try again.", reference: "M-1" });
    render(
      <DeskContext value={desk}>
        <Story entityKind="room" entityId={room} />
      </DeskContext>,
    );
    const heading = await screen.findByRole("heading", { name: "It cannot be read." });
    expect(document.activeElement).toBe(heading);
    expect(screen.getByTestId("story-problem").textContent).toContain("DATABASE_UNREADABLE · M-1");

    platform.story = story;
    const again = screen.getByTestId("unshown-retry");
    again.focus();
    await act(async () => fireEvent.click(again));
    const shown = await screen.findByRole("heading", { name: /what happened/ });
    expect(document.activeElement).toBe(shown);
  });
});
