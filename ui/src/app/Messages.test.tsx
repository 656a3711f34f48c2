// The line at the foot: it never keeps the focus of what it was pressed over.

import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { createDesk } from "../data/desk";
import { DeskContext } from "../data/useDesk";
import { memoryPlatform } from "../platform/memory/memory";
import { showToast } from "../shared/toasts";
import { Messages } from "./Messages";

afterEach(cleanup);

it("a message that is closed gives the focus back to what had it before, although nothing else changes", async () => {
  const desk = createDesk(memoryPlatform({ floors: 1, perFloor: 1, sends: false }));
  await act(async () => desk.refresh());
  render(
    <DeskContext value={desk}>
      <button type="button" data-testid="a-tile">
        101
      </button>
      <Messages />
    </DeskContext>,
  );
  act(() => void showToast({ tone: "trouble", text: "Room 101 stays in Clean." }));
  const tile = screen.getByTestId("a-tile");
  const close = screen.getByRole("button", { name: "Close" });
  act(() => tile.focus());
  act(() => close.focus());
  fireEvent.click(close);
  expect(screen.queryByTestId("message")).toBeNull();
  expect(document.activeElement).toBe(tile);
});
