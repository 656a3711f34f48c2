// What came of an outage, room by room and action by action: on screen a page at a time, on paper all of it.

import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createDesk, type Desk } from "../../data/desk";
import { DeskContext } from "../../data/useDesk";
import { memoryPlatform, type MemoryOptions, type MemoryPlatform } from "../../platform/memory/memory";
import { cameToSentence } from "../../shared/outage";
import { parseRoute, routeHash } from "../../shared/route";
import Report, { periodOf } from "./Report";
import Summary from "./Summary";
import { said } from "../../shared/said";

afterEach(cleanup);

async function open(view: "summary" | "report", options: MemoryOptions = { busy: true }, period: string | null = null): Promise<{ platform: MemoryPlatform; desk: Desk }> {
  const platform = memoryPlatform(options);
  const desk = createDesk(platform);
  await act(async () => {
    await desk.refresh();
  });
  render(<DeskContext value={desk}>{view === "summary" ? <Summary /> : <Report period={period} />}</DeskContext>);
  await screen.findByTestId(view);
  return { platform, desk };
}

const value = (mark: string) => Number(screen.getByTestId(mark).dataset["value"]);

describe("the summary after an outage", () => {
  it("names each room once, those the front desk waits for first, and of these what needs a decision", async () => {
    await open("summary");
    expect(screen.getByTestId("summary-sentence").textContent).toMatch(/^Synced \d+ of \d+ actions so far; 5 need a look; 1 given up\.$/);
    const rooms = screen.getAllByTestId("outcome").map((room) => room.dataset["room"]);
    expect(new Set(rooms).size).toBe(rooms.length);
    const [first] = screen.getAllByTestId("outcome");
    expect(within(first as HTMLElement).getByTestId("outcome-decide")).toBeDefined();
    expect(first?.textContent).toContain("Contested");
    const headings = screen.getAllByRole("heading", { level: 2 }).map((heading) => heading.textContent ?? "");
    expect(headings[0]).toMatch(/changed for the front desk$/);
  });

  it("is one stop of the Tab key, and the arrow keys go from room to room and never to what stands above them", async () => {
    await open("summary");
    const stops = () => [...document.querySelectorAll<HTMLElement>(".outcomes [tabindex='0']")];
    const rows = () => stops().filter((each) => each.dataset["index"] !== undefined);
    const [first, second] = screen.getAllByTestId("outcome").map((room) => room.dataset["index"]);
    for (const [key, index] of [[null, first], ["ArrowDown", second], ["ArrowUp", first], ["ArrowUp", first], ["Home", first]] as const) {
      if (key !== null) fireEvent.keyDown(rows()[0] as HTMLElement, { key });
      expect(rows().map((row) => row.dataset["index"])).toEqual([index]);
      expect(stops().every((each) => each.closest(`[data-index='${index}']`) !== null)).toBe(true);
    }
    expect((document.activeElement as HTMLElement).dataset["testid"]).toBe("outcome");
  });

  it("leads to the decision and to what failed", async () => {
    const { desk } = await open("summary");
    fireEvent.click(screen.getAllByTestId("outcome-decide")[0] as HTMLElement);
    expect(parseRoute(window.location.hash).view).toBe("conflict");
    fireEvent.click(screen.getByTestId("outcome-look"));
    expect([parseRoute(window.location.hash).view, desk.outbox.getState().filter]).toEqual(["sync", "attention"]);
  });

  it("says so where there was no outage", async () => {
    await open("summary", {});
    expect(screen.getByTestId("summary-sentence").textContent).toBe("This desk has not been without its service yet.");
    expect(screen.queryByTestId("outcome")).toBeNull();
    expect(screen.queryByTestId("summary-report")).toBeNull();
  });

  it("says once that nothing was done in it, and leads to nothing that is empty", async () => {
    await open("summary", { busy: true, idle: true });
    expect(screen.getByTestId("summary").textContent?.match(/Nothing was done at this desk meanwhile\./g)).toHaveLength(1);
    expect(screen.queryByRole("link")).toBeNull();
  });
});

describe("the report", () => {
  it("has a sum that comes out, and each of its numbers shows its actions", async () => {
    await open("report");
    const ends = ["taken", "merged", "decided", "givenUp", "waiting", "attention"].map((end) => value(`end-${end}`));
    expect(ends.reduce((sum, each) => sum + each, 0)).toBe(value("end-all"));
    await act(async () => fireEvent.click(screen.getByTestId("end-attention")));
    await waitFor(() => expect(screen.getAllByTestId("report-row")).toHaveLength(value("end-attention")));
    expect(screen.getAllByTestId("report-row").every((row) => row.dataset["end"] === "attention")).toBe(true);
    await act(async () => fireEvent.click(screen.getByTestId("end-givenUp")));
    await waitFor(() => expect(screen.getByTestId("report-row").textContent).toContain("Gave it up: \u2068the guest stays\u2069"));
  });

  it("of hundreds of actions holds a few rows on screen and prints all of them, then is as it was", async () => {
    const print = vi.fn();
    vi.stubGlobal("print", print);
    await open("report", { busy: true, taken: 600 });
    const all = value("end-all");
    expect(all).toBeGreaterThan(600);
    expect(screen.getAllByTestId("report-row").length).toBeLessThan(100);
    print.mockImplementation(() => {
      const tables = [...screen.getByTestId("paper").querySelectorAll("table")];
      expect(tables.at(-1)?.querySelectorAll("tbody tr").length).toBe(all);
      expect(screen.getByTestId("paper").textContent).toContain("Still open");
    });
    await act(async () => fireEvent.click(screen.getByTestId("report-print")));
    await waitFor(() => expect(print).toHaveBeenCalledTimes(1));
    act(() => {
      window.dispatchEvent(new Event("afterprint"));
    });
    expect(screen.queryByTestId("paper")).toBeNull();
    vi.unstubAllGlobals();
  });

  it("tells a day that began in one line for each end, opens it to its rooms, and prints it as one line", async () => {
    const { platform } = await open("report", { dayBegan: true, floors: 5, perFloor: 12 });
    const lines = () => Number(document.querySelector(".report-table")?.getAttribute("aria-rowcount")) - 1;
    const told = screen.getAllByTestId("report-row").map((row) => Number(row.dataset["rooms"] ?? 1));
    expect(told).toHaveLength(lines());
    expect(told.reduce((sum, rooms) => sum + rooms, 0)).toBe(60);
    expect(value("end-all")).toBe(60);
    const [line] = screen.getAllByTestId("day-began");
    const rooms = Number(line?.closest("tr")?.dataset["rooms"]);
    await act(async () => fireEvent.click(line as HTMLElement));
    await waitFor(() => expect(lines()).toBe(told.length + rooms));
    expect(line?.getAttribute("aria-expanded")).toBe("true");
    const print = vi.fn();
    vi.stubGlobal("print", print);
    await act(async () => fireEvent.click(screen.getByTestId("report-print")));
    const paper = await screen.findByTestId("paper");
    const { total } = await platform.report({ kind: "last" }, null, [], 0, 0);
    expect([...paper.querySelectorAll("table")].at(-1)?.querySelectorAll("tbody tr")).toHaveLength(total);
    expect(paper.textContent).toContain("Sunday 27 March 2016 began in");
    // Who did how much, by name.
    const { people } = await platform.report({ kind: "last" }, null, [], 0, 500);
    expect(people.length).toBeGreaterThan(0);
    for (const { name, actions } of people) expect(paper.textContent).toContain(`\u2068${said(name)}\u2069 ${actions}`);
    vi.unstubAllGlobals();
  });

  it("keeps the focus when a key leads to a row that is not read yet", async () => {
    await open("report", { busy: true, taken: 600 });
    const [first] = screen.getAllByTestId("report-row");
    const list = first?.closest<HTMLElement>(".report-scroll") as HTMLElement;
    // What a browser does and this one does not.
    Object.defineProperty(list, "scrollHeight", { value: 1e6 });
    list.scrollTo = ((to: ScrollToOptions) => {
      list.scrollTop = to.top ?? 0;
      fireEvent.scroll(list);
    }) as typeof list.scrollTo;
    first?.focus();
    fireEvent.keyDown(first as HTMLElement, { key: "End" });
    const last = String(value("end-all") - 1);
    await waitFor(() => expect((document.activeElement as HTMLElement).dataset["index"]).toBe(last));
  });

  it("is written as a table, and says where it is", async () => {
    await open("report");
    await act(async () => fireEvent.click(screen.getByTestId("report-save")));
    expect(screen.getByTestId("report-path").textContent).toMatch(/exports\/turndown-report-.*\.csv$/);
  });

  it("is about an earlier outage, a period of time, or nothing yet", async () => {
    await open("report", { busy: true }, "2");
    expect(screen.getByTestId("report-sentence").textContent).toBe("Nothing was done at this desk meanwhile.");
    expect(screen.queryByTestId("report-sums")).toBeNull();
    cleanup();
    await open("report", { busy: true }, "2016-03-26T22:00:00.000Z..2016-03-27T11:00:00.000Z");
    expect(screen.getAllByTestId("report-row").length).toBeGreaterThan(0);
    expect(screen.getByTestId("report-from").textContent).toContain("22:00");
    cleanup();
    await open("report", {});
    expect(screen.getByTestId("report-sentence").textContent).toBe("This desk has not been without its service yet.");
    expect(screen.getByTestId("report-print").getAttribute("aria-disabled")).toBe("true");
  });

  it("asks for a period once its times are as they should be, and begins with whole minutes", async () => {
    const minute = "2016-03-26T22:00:00.000Z..2016-03-27T11:00:00.000Z";
    window.location.hash = routeHash({ view: "report", period: minute });
    await open("report", { busy: true }, minute);
    const before = window.location.hash;
    const [day] = within(screen.getByTestId("report-from")).getAllByRole("spinbutton");
    for (let n = 0; n < 3; n += 1) fireEvent.keyDown(day as HTMLElement, { key: "ArrowDown" });
    expect(window.location.hash).toBe(before);
    expect(day?.isConnected).toBe(true);
    await act(async () => fireEvent.click(screen.getByTestId("report-show")));
    expect(window.location.hash).not.toBe(before);
    expect(parseRoute(window.location.hash)).toMatchObject({ view: "report", period: expect.stringMatching(/:00\.000Z\.\..*:00\.000Z$/) });
  });

  it("offers a period up to the very moment, not to when ages were told last", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2016-03-27T10:59:58Z") });
    try {
      await open("report", { busy: true });
      // No quarter of a minute has passed, and the minute is another.
      vi.setSystemTime(new Date("2016-03-27T11:00:05Z"));
      await act(async () => fireEvent.click(screen.getByTestId("report-period")));
      await act(async () => fireEvent.click(screen.getByRole("option", { name: /A period of time/ })));
      expect(parseRoute(window.location.hash)).toMatchObject({ period: "2016-03-26T11:01:00.000Z..2016-03-27T11:01:00.000Z" });
    } finally {
      vi.useRealTimers();
    }
  });

  it("on paper has what is open and what was decided in front, however long the rest is", async () => {
    const { platform } = await open("report");
    vi.stubGlobal("print", vi.fn());
    const asked: (string | null)[] = [];
    const whole = platform.report.bind(platform);
    platform.report = async (period, end, lines, offset, limit) => {
      asked.push(end);
      return whole(period, end, lines, offset, limit);
    };
    await act(async () => fireEvent.click(screen.getByTestId("report-print")));
    await screen.findByTestId("paper");
    expect(new Set(asked)).toEqual(new Set(["attention", "waiting", "decided", "givenUp", null]));
    const [open_, decided] = screen.getByTestId("paper").querySelectorAll("table");
    expect(open_?.querySelectorAll("tbody tr")).toHaveLength(value("end-attention") + value("end-waiting"));
    expect(decided?.querySelectorAll("tbody tr")).toHaveLength(value("end-decided") + value("end-givenUp"));
    vi.unstubAllGlobals();
  });

  it("has an address for each period", () => {
    for (const period of [null, "12", "2016-03-26T22:00:00.000Z..2016-03-27T11:00:00.000Z"]) {
      expect(parseRoute(routeHash({ view: "report", period }))).toEqual({ view: "report", period });
    }
    expect(periodOf(null)).toEqual({ kind: "last" });
    expect(periodOf("12")).toEqual({ kind: "outage", id: 12 });
    expect(periodOf("a..b")).toEqual({ kind: "time", from: "a", to: "b" });
    expect(periodOf("nonsense")).toEqual({ kind: "last" });
  });

  it("says in one sentence what came of it, while it lasts, while it is sent, and afterwards", () => {
    const sums = { recorded: 2300, taken: 2290, merged: 5, decided: 2, givenUp: 0, waiting: 0, attention: 3, balanced: true };
    const outage = { id: 1, beganAt: "2016-03-27T09:00:00Z", endedAt: "2016-03-27T11:00:00Z", code: "SERVICE_SILENT", planned: false, actions: 2300 };
    expect(cameToSentence(outage, sums)).toBe("Synced 2,297 actions; 3 need a look.");
    expect(cameToSentence(outage, { ...sums, taken: 1290, waiting: 1000, attention: 0 })).toBe("Synced 1,297 of 2,300 actions so far.");
    expect(cameToSentence({ ...outage, endedAt: null }, { ...sums, attention: 0 })).toBe("2,300 actions done meanwhile.");
  });
});
