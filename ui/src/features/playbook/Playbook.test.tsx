import { render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import Playbook from "./Playbook";

const scrollWidth = Object.getOwnPropertyDescriptor(Element.prototype, "scrollWidth");
afterEach(() => {
  if (scrollWidth !== undefined) Object.defineProperty(Element.prototype, "scrollWidth", scrollWidth);
});

describe("h16_the_playbook_is_reachable_where_it_is_needed", () => {
  it.each([
    ["a reason code", "SERVICE_UNREACHABLE", "TR"],
    ["the row of codes that begin alike", "TASK_ALREADY_COMPLETED", "TR"],
    ["a code of the house's rules", "STAFF_UNKNOWN", "TR"],
    ["the code of a flush that partly failed", "OUTBOX_PARTIAL_FAILURE", "TR"],
    ["a heading", "more-than-100-actions-wait", "H2"],
    ["what it says of every other code, where the code has no row", "OF_TOMORROW", "H2"],
  ])("opens at %s", (_, place, tag) => {
    render(<Playbook place={place} />);
    expect(document.activeElement?.tagName).toBe(tag);
    expect((document.activeElement as HTMLElement).dataset["found"]).toBe("");
  });

  it("begins at its top where nothing was asked for, and links to nothing outside the app", () => {
    render(<Playbook place={null} />);
    expect(document.activeElement?.textContent).toBe("Operator's playbook");
    const links = screen.getAllByRole("link").map((link) => link.getAttribute("href") ?? "");
    expect(links.length).toBeGreaterThan(0);
    expect(links.every((href) => href.startsWith("#"))).toBe(true);
  });

  it("has tables that are a stop of the Tab key where they are wider than their place, each named by its heading", () => {
    const { unmount } = render(<Playbook place={null} />);
    expect(screen.queryAllByRole("region")).toEqual([]);
    unmount();
    Object.defineProperty(Element.prototype, "scrollWidth", { configurable: true, get: () => 1_000 });
    render(<Playbook place={null} />);
    const tables = screen.getAllByRole("region");
    expect(tables.length).toBe(screen.getAllByRole("table").length);
    for (const each of tables) {
      expect(each.tabIndex).toBe(0);
      expect(document.getElementById(each.getAttribute("aria-labelledby") ?? "")?.tagName).toMatch(/^H[12]$/);
    }
  });
});
