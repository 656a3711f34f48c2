import { act, cleanup, renderHook, waitFor } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { useAttempt } from "./useAttempt";

afterEach(cleanup);

it("what is pressed twice is done once, and again when it has ended", async () => {
  const { result } = renderHook(useAttempt);
  let done = 0;
  let end: () => void = () => {};
  const command = () =>
    new Promise<void>((resolve) => {
      done += 1;
      end = resolve;
    });
  const { run } = result.current;
  // The second press comes before the page has been drawn anew.
  act(() => {
    void run(command);
    void run(command);
  });
  expect([done, result.current.busy]).toEqual([1, true]);
  await act(async () => end());
  expect(result.current.busy).toBe(false);
  act(() => void result.current.run(command));
  expect(done).toBe(2);
  await act(async () => end());
});

it("what fails stands there with the next step, is said at once, and goes when the next one begins", async () => {
  const { result } = renderHook(useAttempt);
  const why = { code: "DISK_FULL", message: "The disk is full.", nextStep: "Make room on it.", reference: "" };
  await act(() => result.current.run(() => Promise.reject(why)));
  expect([result.current.busy, result.current.error?.code]).toEqual([false, "DISK_FULL"]);
  await waitFor(() => expect(document.querySelector("[aria-live=assertive]")?.textContent).toContain("The disk is full. Make room on it."));
  await act(() => result.current.run(() => Promise.resolve()));
  expect(result.current.error).toBeNull();
});
