// A house that stood still for more than a day: somebody is asked whether the new day begins.

import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { createDesk } from "../data/desk";
import { memoryPlatform, type MemoryPlatform } from "../platform/memory/memory";
import { App } from "./App";

afterEach(cleanup);

async function open(dayToBegin: string | null): Promise<MemoryPlatform> {
  const platform = memoryPlatform({ floors: 1, perFloor: 4, sends: false });
  platform.setState((state) => Object.assign(state, { dayToBegin }));
  const desk = createDesk(platform);
  await act(async () => desk.refresh());
  render(<App desk={desk} />);
  return platform;
}

describe("h1_a_day_that_somebody_is_asked_about", () => {
  it("names both days, and goes when the day has begun, with the focus in the view", async () => {
    await open("2016-03-30");
    const notice = await screen.findByTestId("day-notice");
    expect(notice.textContent).toMatch(/30 March.*27 March/);
    const button = screen.getByTestId("begin-day");
    button.focus();
    await act(async () => fireEvent.click(button));
    await waitFor(() => expect(screen.queryByTestId("day-notice")).toBeNull());
    expect(screen.getByTestId("frame").textContent).toContain("30 March");
    await waitFor(() => expect(document.querySelector("main")?.contains(document.activeElement)).toBe(true));
  });

  it("says why the day could not begin, and stays", async () => {
    const platform = await open("2016-03-30");
    platform.beginDay = () => Promise.reject({ code: "DAY_NOT_DUE", message: "By this computer's clock another day is due now.", nextStep: "See to the clock.", reference: "" });
    await act(async () => fireEvent.click(await screen.findByTestId("begin-day")));
    expect((await screen.findByTestId("day-notice")).textContent).toContain("another day is due now");
  });

  it("stands in a part of the page that has a name; F6 leads there, and to no such part while there is no notice", async () => {
    const rounds = () =>
      Array.from({ length: 6 }, () => {
        fireEvent.keyDown(document.activeElement ?? document.body, { key: "F6" });
        return document.activeElement?.closest("[data-region]") ?? null;
      });
    await open("2016-03-30");
    const place = (await screen.findByTestId("day-notice")).closest("section");
    expect(place?.getAttribute("aria-label")).toBe("Notices");
    expect(rounds()).toContain(place);
    cleanup();
    await open(null);
    await screen.findByTestId("frame");
    const parts = rounds();
    expect(parts).not.toContain(null);
    expect(parts.every((part, at) => part !== parts[at + 1])).toBe(true);
  });

  it("is not there while the house is in its day", async () => {
    await open(null);
    expect(screen.queryByTestId("day-notice")).toBeNull();
  });
});
