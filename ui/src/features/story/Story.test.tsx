// A page that cannot be shown says why, has the focus, and can be asked for once more.

import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createDesk } from "../../data/desk";
import { DeskContext } from "../../data/useDesk";
import { memoryPlatform } from "../../platform/memory/memory";
import { Story } from "./Story";
import { ownWords } from "../../shared/said";

afterEach(cleanup);

/** A desk that knows its hotel, the first of its rooms, and a way to show what happened in that. */
async function house() {
  const platform = memoryPlatform({ floors: 1, perFloor: 2 });
  const desk = createDesk(platform);
  await act(async () => {
    await desk.refresh();
  });
  const room = [...platform.house.rooms.keys()][0] ?? "";
  const show = () =>
    render(
      <DeskContext value={desk}>
        <Story entityKind="room" entityId={room} />
      </DeskContext>,
    );
  return { platform, desk, room, show };
}

describe("a_story_that_cannot_be_read", () => {
  it("says why with the focus, and shows when it can be", async () => {
    const { platform, show } = await house();
    const { story } = platform;
    platform.story = () => Promise.reject({ code: "DATABASE_UNREADABLE", message: "It cannot be read.", nextStep: "Try again.", reference: "M-1" });
    show();
    const heading = await screen.findByRole("heading", { name: "It cannot be read." });
    await vi.waitFor(() => expect(document.activeElement).toBe(heading));
    expect(screen.getByTestId("story-problem").textContent).toContain("DATABASE_UNREADABLE · M-1");
    expect(screen.getByRole("link", { name: "DATABASE_UNREADABLE" }).getAttribute("href")).toBe("#/playbook/DATABASE_UNREADABLE");

    platform.story = story;
    const again = screen.getByTestId("unshown-retry");
    again.focus();
    await act(async () => fireEvent.click(again));
    const shown = await screen.findByRole("heading", { name: /what happened/ });
    await vi.waitFor(() => expect(document.activeElement).toBe(shown));
  });
});

describe("a_story_that_the_service_did_not_answer_in_time", () => {
  it("asks once more by itself while the service is there", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
    try {
      const { platform, show } = await house();
      const { story } = platform;
      const alone = { code: "SERVICE_SILENT", message: ownWords("The service does not answer."), nextStep: ownWords("Go on working."), reference: "" };
      platform.story = async (kind, id) => ({ ...(await story(kind, id)), alone });
      show();
      await screen.findByTestId("story-alone");
      platform.story = story;
      // Another five seconds for as long as it takes: the reading before may still be under way.
      await vi.waitFor(
        async () => {
          await act(async () => vi.advanceTimersByTime(5_000));
          expect(screen.queryByTestId("story-alone")).toBeNull();
        },
        { timeout: 60_000 },
      );
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a_story_while_much_happens", () => {
  it("is asked for once at a time", async () => {
    const { platform, desk, show } = await house();
    const { story } = platform;
    const waiting: (() => void)[] = [];
    const asked = vi.spyOn(platform, "story").mockImplementation(async (kind, id) => {
      await new Promise<void>((go) => waiting.push(go));
      return story(kind, id);
    });
    const answer = () => act(async () => waiting.shift()?.());
    show();
    await act(async () => {
      for (let n = 0; n < 50; n += 1) void desk.refresh(["rooms"]);
    });
    expect(asked).toHaveBeenCalledTimes(1);
    await answer();
    await screen.findByRole("heading", { name: /what happened/ });
    await vi.waitFor(() => expect(waiting.length).toBe(1));
    await answer();
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it("takes no older answer for the newest, also when somebody asks once more", async () => {
    const { platform, room, show } = await house();
    const { story } = platform;
    const told = await story("room", room);
    const waiting: ((title: string) => void)[] = [];
    platform.story = () => Promise.reject({ code: "DATABASE_UNREADABLE", message: "It cannot be read.", nextStep: "Try again.", reference: "" });
    show();
    const again = await screen.findByTestId("unshown-retry");
    platform.story = () => new Promise((go) => waiting.push((title) => go({ ...told, title })));
    await act(async () => fireEvent.click(again));
    await act(async () => fireEvent.click(again));
    await vi.waitFor(() => expect(waiting.length).toBe(1));
    await act(async () => waiting[0]?.("older"));
    await vi.waitFor(() => expect(waiting.length).toBe(2));
    await act(async () => waiting[1]?.("newer"));
    expect(screen.getByRole("heading", { level: 1 }).textContent).toContain("newer");
  });
});
