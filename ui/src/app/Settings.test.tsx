// The settings: reachable by mouse and by keyboard, before there is a hotel too; in effect at once, kept, and believed
// only after a look.

import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createDesk } from "../data/desk";
import { memoryPlatform, type MemoryOptions } from "../platform/memory/memory";
import { speech, startSpeaking } from "../shared/language";
import { applyLooks, prefs, setPref } from "../shared/prefs";
import { toasts } from "../shared/toasts";
import { App } from "./App";
import { settings } from "./Settings";

beforeAll(async () => {
  applyLooks();
  await startSpeaking();
});
beforeEach(() => setPref({ language: "en" }));
afterEach(async () => {
  cleanup();
  settings.setState({ open: false, at: "top" });
  toasts.setState({ list: [] });
  setPref({ language: "en", digits: "own", calendar: "own", theme: "system", motion: "system", textSize: 100, density: "comfortable", letterKeys: true, keys: {}, tabEveryTile: false });
  await waitFor(() => expect(speech.getState().language.code).toBe("en"));
});

async function open(options: MemoryOptions = {}): Promise<void> {
  const desk = createDesk(memoryPlatform({ floors: 1, perFloor: 4, ...options }));
  await act(async () => desk.refresh());
  render(<App desk={desk} />);
}

const choose = async (mark: string, name: string) => {
  await act(async () => fireEvent.click(screen.getByTestId(mark)));
  await act(async () => fireEvent.click(await screen.findByRole("option", { name })));
};

describe("the settings", () => {
  it("open from the person's menu", async () => {
    await open();
    await act(async () => fireEvent.click(screen.getByTestId("person")));
    await act(async () => fireEvent.click(await screen.findByTestId("menu-settings")));
    expect(await screen.findByTestId("settings")).toBeDefined();
  });

  it.each([
    ["us", ",", "Comma"],
    ["ar", "و", "Comma"],
    ["il", "ת", "Comma"],
  ])("open with Ctrl and the comma, under the layout %s", async (_layout, key, code) => {
    await open();
    fireEvent.keyDown(document.body, { key, code, ctrlKey: true });
    expect(await screen.findByTestId("settings")).toBeDefined();
  });

  it.each(["setup", "choosePerson"] as const)("open where there is no frame yet: %s", async (phase) => {
    await open({ phase });
    await act(async () => fireEvent.click(screen.getByTestId("open-settings")));
    expect(await screen.findByTestId("settings")).toBeDefined();
  });

  it("change the language behind and in the dialog, keep the dialog, and leave the focus in the frame", async () => {
    await open();
    fireEvent.keyDown(document.body, { key: ",", code: "Comma", ctrlKey: true });
    await screen.findByTestId("settings");
    await choose("setting-language", "پښتو");
    await waitFor(() => expect(document.documentElement.lang).toBe("ps"));
    const dialog = screen.getByTestId("settings");
    expect(within(dialog).getByRole("heading", { level: 2 }).textContent).toBe("امستنې");
    expect(screen.getByTestId("nav-board").textContent).toBe("تخته");
    await choose("setting-digits", "0123456789");
    expect(screen.getByTestId("settings-example").textContent).toContain("12.345");
    await act(async () => fireEvent.click(within(dialog).getByRole("button", { name: "تړل" })));
    await waitFor(() => expect(screen.queryByTestId("settings")).toBeNull());
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("person")));
  });

  it("are on the page at once", async () => {
    const page = document.documentElement;
    setPref({ theme: "contrast", motion: "reduced", textSize: 150 });
    expect(page.dataset["contrast"]).toBe("more");
    expect(page.dataset["motion"]).toBe("reduced");
    expect(page.style.fontSize).toBe("150%");
    setPref({ theme: "dark" });
    expect({ ...page.dataset }).toMatchObject({ scheme: "dark", contrast: "normal" });
  });

  it("reach the other window", () => {
    localStorage.setItem("turndown.prefs", JSON.stringify({ theme: "dark", textSize: 200 }));
    window.dispatchEvent(new StorageEvent("storage", { key: "turndown.prefs" }));
    expect(prefs.getState()).toMatchObject({ theme: "dark", textSize: 200, language: "system" });
  });

  it("turn letters off: G B leads nowhere, Ctrl J still does", async () => {
    window.location.hash = "#/sync";
    await open();
    setPref({ letterKeys: false });
    fireEvent.keyDown(document.body, { key: "g", code: "KeyG" });
    fireEvent.keyDown(document.body, { key: "b", code: "KeyB" });
    expect(window.location.hash).toBe("#/sync");
    setPref({ letterKeys: true });
    fireEvent.keyDown(document.body, { key: "g", code: "KeyG" });
    fireEvent.keyDown(document.body, { key: "b", code: "KeyB" });
    expect(window.location.hash).toBe("#/board");
    setPref({ letterKeys: false });
    fireEvent.keyDown(document.body, { key: "j", code: "KeyJ", ctrlKey: true });
    expect(window.location.hash).toBe("#/sync");
  });
});

describe("h12_the_single_keys", () => {
  const press = async (at: Element, key: string, more: Partial<KeyboardEventInit> = {}) => act(async () => fireEvent.keyDown(at, { key, code: /^[a-z]$/.test(key) ? `Key${key.toUpperCase()}` : key, ...more }));
  const ask = async (id: string): Promise<HTMLElement> => {
    const button = screen.getByTestId(`key-${id}`);
    await act(async () => button.click());
    expect(button.textContent).toContain("Press a key…");
    return button;
  };
  const openKeys = async () => {
    await open();
    await press(document.body, "?", { shiftKey: true });
    await act(async () => fireEvent.click(await screen.findByTestId("change-keys")));
    await waitFor(() => expect(screen.queryByTestId("shortcuts")).toBeNull());
    expect(screen.getByTestId("single-keys").hasAttribute("open")).toBe(true);
  };
  const close = async () => act(async () => settings.setState({ open: false }));
  const tile = () => screen.getAllByTestId("tile").find((each) => each.dataset["status"] === "ready") as HTMLElement;

  it("one that is given acts, the one before does not, and the sheet and the menu show it", async () => {
    await openKeys();
    const button = await ask("start");
    await press(button, "x");
    expect(button.textContent).toBe("Start or resumeX");
    expect(JSON.parse(localStorage.getItem("turndown.prefs") ?? "{}")).toMatchObject({ keys: { start: "x" } });
    await close();
    const task = tile().dataset["task"];
    const status = () => document.querySelector<HTMLElement>(`[data-testid="tile"][data-task="${task}"]`)?.dataset["status"];
    tile().focus();
    await press(tile(), "m");
    expect(within(await screen.findByTestId("menu-start")).getByText("X")).toBeDefined();
    await press(document.activeElement ?? document.body, "Escape");
    await waitFor(() => expect(screen.queryByTestId("tile-menu-list")).toBeNull());
    tile().focus();
    await press(tile(), "s");
    expect(status()).toBe("ready");
    await press(tile(), "x");
    await waitFor(() => expect(status()).toBe("in_progress"));
    await press(document.body, "?", { shiftKey: true });
    expect((await screen.findByTestId("shortcuts")).textContent).toContain("XStart or resume");
  });

  it("one that is taken says by what, and another one can be pressed at once", async () => {
    await openKeys();
    const button = await ask("start");
    await press(button, "c");
    expect(screen.getByTestId("key-refused").textContent).toBe("\u2068C\u2069 is taken: Complete.");
    await press(button, "7");
    expect(screen.getByTestId("key-refused").textContent).toBe("Digits lead to rooms.");
    await press(button, "Enter");
    expect(screen.getByTestId("key-refused").textContent).toContain("Only a letter");
    expect(prefs.getState().keys).toEqual({});
    await press(button, "ض", { code: "KeyQ" });
    expect(prefs.getState().keys).toEqual({ start: "q" });
  });

  it("Delete takes it away, Esc leaves it and the dialog, and one button puts all back", async () => {
    await openKeys();
    const back = screen.getByTestId("keys-back") as HTMLButtonElement;
    expect(back.disabled).toBe(true);
    const sheet = await ask("sheet");
    await press(sheet, "Delete");
    expect(sheet.textContent).toContain("No key");
    const pause = await ask("pause");
    await press(pause, "Escape");
    expect(pause.textContent).toBe("PauseP");
    expect(screen.getByTestId("settings")).toBeDefined();
    expect(screen.getByTestId("messages").textContent).not.toContain("for shortcuts");
    await act(async () => fireEvent.click(back));
    expect(prefs.getState().keys).toEqual({});
    expect(screen.getByTestId("messages").textContent).toContain("? for shortcuts");
  });

  it("the two keys that lead to a view can be others too", async () => {
    window.location.hash = "#/sync";
    await open();
    setPref({ keys: { go: "v", board: "?" , sheet: "h" } });
    await press(document.body, "g");
    await press(document.body, "b");
    expect(window.location.hash).toBe("#/sync");
    await press(document.body, "v");
    await press(document.body, "Shift", { shiftKey: true });
    await press(document.body, "?", { shiftKey: true });
    expect(window.location.hash).toBe("#/board");
    await press(document.body, "h");
    expect((await screen.findByTestId("shortcuts")).textContent).toContain("V?Board");
  });

  it("switched off, none acts and none is shown: the sheet says so", async () => {
    await open();
    setPref({ letterKeys: false });
    await press(document.body, "?", { shiftKey: true });
    expect(screen.queryByTestId("shortcuts")).toBeNull();
    await act(async () => fireEvent.click(screen.getByTestId("person")));
    await act(async () => fireEvent.click(await screen.findByText("Keyboard shortcuts")));
    const sheet = await screen.findByTestId("shortcuts");
    expect(sheet.textContent).toContain("Single keys are switched off");
    expect(sheet.textContent).toContain("CtrlJSync Center");
    expect(sheet.textContent).not.toContain("Start or resume");
  });
});

describe("what was kept", () => {
  const read = async (kept: string): Promise<object> => {
    localStorage.setItem("turndown.prefs", kept);
    vi.resetModules();
    return (await import("../shared/prefs")).prefs.getState();
  };

  it("by an older version is read as it was", async () => {
    expect(await read('{"theme":"dark","density":"compact","suggestions":true}')).toEqual({
      language: "system", digits: "own", calendar: "own", theme: "dark", motion: "system", textSize: 100, density: "compact", suggestions: true, tabEveryTile: false, letterKeys: true, keys: {}, views: [],
    });
  });

  it.each([
    ['{"textSize":100000,"theme":"<script>","digits":"roman","calendar":7,"language":4,"letterKeys":"no","keys":{"start":"c"},"tabEveryTile":1}'],
    ["[1,2"],
    ["null"],
    ['"text"'],
  ])("and makes no sense counts as nothing: %s", async (kept) => {
    expect(await read(kept)).toEqual({
      language: "system", digits: "own", calendar: "own", theme: "system", motion: "system", textSize: 100, density: "comfortable", suggestions: false, tabEveryTile: false, letterKeys: true, keys: {}, views: [],
    });
  });
});
