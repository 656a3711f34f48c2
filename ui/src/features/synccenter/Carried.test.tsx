// The file that a desk writes, and another desk's file taken in: places by name, results in words, problems where the
// person is.

import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { createDesk, type Desk } from "../../data/desk";
import { DeskContext } from "../../data/useDesk";
import { memoryPlatform, type MemoryPlatform } from "../../platform/memory/memory";
import { SyncCenter } from "./SyncCenter";

afterEach(cleanup);

async function open(): Promise<{ platform: MemoryPlatform; desk: Desk }> {
  const platform = memoryPlatform({ busy: true, link: "unplugged" });
  const desk = createDesk(platform);
  await act(async () => {
    await desk.refresh();
  });
  render(
    <DeskContext value={desk}>
      <SyncCenter />
    </DeskContext>,
  );
  return { platform, desk };
}

const press = (mark: string) => act(async () => fireEvent.click(screen.getByTestId(mark)));

describe("work that is carried by hand", () => {
  it("is exported to the stick that is plugged in, and says where it is", async () => {
    await open();
    await press("carry-export");
    expect(await screen.findByRole("radio", { name: /KINGSTON/, checked: true })).toBeDefined();
    await press("export-write");
    expect(screen.getByTestId("export-path").textContent).toMatch(/KINGSTON.*turndown-waiting-.*\.jsonl$/);
    await press("export-done");
    expect(screen.queryByTestId("dialog-export")).toBeNull();
  });

  it("can stay on this computer", async () => {
    await open();
    await press("carry-export");
    fireEvent.click(await screen.findByRole("radio", { name: /This computer/ }));
    await press("export-write");
    expect(screen.getByTestId("export-path").textContent).toContain("/exports/");
  });

  it("is imported from a file that was found, and stands beside the sum with what can be done", async () => {
    const { desk } = await open();
    const before = desk.app.getState().state?.sync.ledger.recorded;
    await press("carry-import");
    const files = await screen.findAllByTestId("found-file");
    expect(files).toHaveLength(2);
    const [good, bad] = files as [HTMLElement, HTMLElement];
    expect(good.textContent).toContain("40 actions");
    expect(within(bad).queryByTestId("found-take")).toBeNull();
    expect(bad.textContent).toContain("This is not a file of actions that a desk has exported.");
    await act(async () => fireEvent.click(within(good).getByTestId("found-take")));
    await waitFor(() => expect(screen.queryByTestId("dialog-import")).toBeNull());
    await act(async () => {
      await desk.outbox.read();
    });
    const section = screen.getByTestId("carried");
    expect(within(section).getByRole("heading").textContent).toContain("Desk V8QD");
    expect(section.textContent).toContain("37 of 40 are at the service.");
    expect(section.textContent).toContain("1 needs a look.");
    expect(within(section).getByRole("link", { name: "STATUS_CONFLICT_ON_FLUSH" }).getAttribute("href")).toBe("#/playbook/STATUS_CONFLICT_ON_FLUSH");
    expect(desk.app.getState().state?.sync.ledger.recorded).toBe(before);

    await press("carried-give-up");
    await press("give-up-carried-confirm");
    expect(screen.getByText("Say why, so that the next person knows.")).toBeDefined();
    fireEvent.change(screen.getByTestId("give-up-carried-reason"), { target: { value: "the guest stays" } });
    await press("give-up-carried-confirm");
    await waitFor(() => expect(screen.queryByTestId("dialog-give-up-carried")).toBeNull());
    await act(async () => {
      await desk.outbox.read();
    });
    expect(screen.queryByTestId("carried-give-up")).toBeNull();
  });

  it("a file that is typed and cannot be read says so in the dialog, with the code", async () => {
    await open();
    await press("carry-import");
    await press("import-take");
    expect(screen.getByText("Choose a file above, or say where it is.")).toBeDefined();
    fireEvent.change(screen.getByTestId("import-path"), { target: { value: "/tmp/gone.jsonl" } });
    await press("import-take");
    expect((await screen.findByTestId("import-problem")).dataset["code"]).toBe("CARRY_FILE_UNREADABLE");
    expect(screen.getByRole("link", { name: "CARRY_FILE_UNREADABLE" }).getAttribute("href")).toBe("#/playbook/CARRY_FILE_UNREADABLE");
    expect(screen.getByTestId("dialog-import")).toBeDefined();
  });
});
