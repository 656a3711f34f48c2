// The last outage in one line, with ways that lead somewhere.

import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { createDesk } from "../../data/desk";
import { DeskContext } from "../../data/useDesk";
import { memoryPlatform, type MemoryOptions } from "../../platform/memory/memory";
import { AfterOutage } from "./AfterOutage";

afterEach(cleanup);

async function open(options: MemoryOptions, change: (platform: ReturnType<typeof memoryPlatform>) => void = () => undefined): Promise<void> {
  const platform = memoryPlatform({ floors: 2, perFloor: 12, ...options });
  change(platform);
  const desk = createDesk(platform);
  await act(async () => desk.refresh());
  render(
    <DeskContext value={desk}>
      <AfterOutage />
    </DeskContext>,
  );
}

const line = () => screen.findByTestId("after-outage");
const links = () => screen.queryAllByRole("link").map((link) => [link.dataset["testid"], link.getAttribute("href")]);

describe("after an outage", () => {
  it("what was done in it is one link away, room by room and as a report", async () => {
    await open({ busy: true });
    expect((await line()).textContent).toMatch(/^Outage .+ to .+\. Synced \d+ of \d+ actions so far; /);
    expect(links().map(([mark]) => mark)).toEqual(["open-summary", "open-report"]);
  });

  it("in which nothing was done it says so, and leads to the one before alone", async () => {
    await open({ busy: true, idle: true });
    expect((await line()).textContent).toContain("Nothing was done at this desk meanwhile.");
    expect((await line()).dataset["asks"]).toBeUndefined();
    expect(links()).toEqual([["open-earlier", "#/report/3"]]);
    expect(screen.getByTestId("open-earlier").textContent).toMatch(/^Outage /);
  });

  it("in which nothing was done, and before which there was none, it leads nowhere", async () => {
    await open({ idle: true });
    expect((await line()).textContent).toContain("Nothing was done at this desk meanwhile.");
    expect(links()).toEqual([]);
  });

  it("while it lasts, nothing done is no news", async () => {
    let asked = 0;
    await open({ idle: true }, (platform) => {
      const report = platform.report.bind(platform);
      platform.report = async (...period) => {
        const head = await report(...period);
        asked += 1;
        return { ...head, outage: head.outage === null ? null : { ...head.outage, endedAt: null } };
      };
    });
    await waitFor(() => expect(asked).toBeGreaterThan(0));
    await act(async () => undefined);
    expect(screen.queryByTestId("after-outage")).toBeNull();
  });
});
