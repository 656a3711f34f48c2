// Takes pictures of every screen on made-up data, for people to look at: `npm run look -- <folder> [parts of names]`, with
// --both in light and in dark, with --tongues the main screens in other languages, at 100 % and at 200 %. It serves the
// demonstration page under the shell's policy and says what the page reported as an error, and what does not fit: a page
// wider than its window, a text cut off, a control that another one covers or that its words leave. CHROMIUM names the
// browser's binary.

import { createReadStream, existsSync, mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values: asked, positionals } = parseArgs({ options: { both: { type: "boolean", default: false }, tongues: { type: "boolean", default: false } }, allowPositionals: true });
const [folder = "pictures", ...parts] = positionals;
const root = new URL("../dist-demo/", import.meta.url).pathname;
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2" };

const server = createServer((request, response) => {
  const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
  const file = join(root, path === "/" ? "demo.html" : path);
  if (path === "/favicon.ico") return void response.writeHead(204).end();
  if (!existsSync(file)) return void response.writeHead(404).end();
  response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
  createReadStream(file).pipe(response);
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const base = `http://127.0.0.1:${server.address().port}/demo.html`;

const size = (width, height) => ({ width, height });
const SMALL = size(1280, 800);
const LARGE = size(1920, 1080);
const type = (keys) => async (page) => {
  for (const key of keys) await page.keyboard.press(key);
};

const goOn = async (page) => {
  await page.getByTestId("stale-go-on").click();
  await page.getByTestId("go-on-manager").first().click();
  await page.getByTestId("go-on-confirm").click();
};

const exported = async (page) => {
  await page.getByTestId("carry-export").click();
  await page.getByTestId("export-write").click();
};
const imported = async (page) => {
  await page.getByTestId("carry-import").click();
  await page.getByTestId("found-take").click();
  await page.getByTestId("carried").scrollIntoViewIfNeeded();
};

/** Puts the first room that is being worked in on hold, and goes to the Sync Center. */
const openHold = async (page) => {
  await page.locator('[data-column=inProgress] [data-testid="tile-menu"]').first().click();
  await page.getByRole("menuitem", { name: /Put on hold/ }).click();
};
const holdOne = async (page, andLook = true) => {
  await openHold(page);
  await page.getByTestId("hold-reason").fill("The guest may come back for a bag; reception asks first.");
  await page.getByTestId("hold-confirm").click();
  if (andLook) await page.getByTestId("nav-sync").click();
};
const show = (filter) => async (page) => page.getByTestId(`ledger-${filter}`).click();
const set = (change) => async (page) => page.evaluate(`window.__demo.setState((state) => { ${change} }, ["status", "outbox"])`);
/** Has the next call of a command fail, as the shell has it. */
const failing = (page, command, error) =>
  page.evaluate(`Object.assign(window.__demo, { ${command}: () => Promise.reject(${JSON.stringify({ reference: "M-0002", ...error })}) })`);
const refused = { code: "TOKEN_REFUSED", message: "The hotel's service does not accept this desk's key any more.", nextStep: "Go on working; everything is kept. Ask your IT for a new code and connect this desk again.", reference: "M-0003" };
const stopped = set(`Object.assign(state.sync, { state: "stopped", reason: ${JSON.stringify(refused)} });`);
/** The sum is made anew with every change, so what is wrong with it has to stay wrong. */
const unbalanced = set('Object.defineProperty(state.sync.ledger, "recorded", { get: () => 47, set: () => {}, enumerable: true });');
const sending = set("Object.assign(state.sync, { flushing: true, flushTotal: 2297, flushDone: 811 })");
const backlog = set("state.sync.backlogWarning = true");
const givingUp = async (page) => {
  await page.getByTestId("give-up").first().click();
  await page.getByTestId("give-up-confirm").click();
};
/** Into the first or last conflict, and on from there. */
const deciding = (which, act) => async (page) => {
  await page.getByTestId("decide")[which]().click();
  await act?.(page);
};
/** Scrolls what is below the edge into the picture. */
const toEnd = async (page) => page.locator(".resolver").evaluate((resolver) => resolver.scrollTo(0, 1e6));

/** Picks up the first tile of a lane and holds it over another. */
const holdOver = (from, to) => async (page) => {
  const tile = await page.locator(`section[data-column=${from}] [data-testid=tile]`).first().boundingBox();
  const lane = await page.locator(`section[data-column=${to}]`).boundingBox();
  await page.mouse.move(tile.x + 90, tile.y + 20);
  await page.mouse.down();
  await page.mouse.move(tile.x + 110, tile.y + 30);
  await page.mouse.move(lane.x + lane.width / 2, lane.y + 320, { steps: 4 });
};
/** Selects so many tiles of a lane, from its first on. */
const selecting = (column, more) => async (page) => {
  await page.locator(`section[data-column=${column}] [data-testid=tile]`).first().click({ position: { x: 150, y: 12 } });
  await page.keyboard.press("Space");
  for (let n = 0; n < more; n += 1) await page.keyboard.press("Shift+ArrowDown");
};
/** Types a line of the radio and leaves it standing. */
const radio = (line) => async (page) => {
  await page.keyboard.press("Control+e");
  await page.getByTestId("radio-input").fill(line);
  await page.getByTestId("radio-echo").waitFor();
};
const both = (...acts) => async (page) => {
  for (const act of acts) await act(page);
};
const more = (...ticks) => async (page) => {
  await page.getByTestId("filter-more").click();
  for (const tick of ticks) await page.getByTestId(`filter-${tick}`).click();
};
const closed = (act) => both(act, async (page) => page.keyboard.press("Escape"));
/** The board of the first attendant who has a part of it done. */
const ofOne = async (page) => {
  await page.getByTestId("filter-attendant").click();
  await page.getByTestId("attendant-choice").nth(4).click();
};
const named = (name, ...ticks) =>
  both(closed(more(...ticks)), async (page) => {
    await page.getByTestId("views").click();
    await page.getByTestId("view-name").click();
    await page.getByTestId("view-typed").fill(name);
    await page.getByTestId("view-save").click();
  });
const twoViews = both(named("VIP and rush", "state-vip", "state-rush"), named("First floor, not sent", "state-vip", "state-rush", "floor-1", "state-notSent"));

/** Opens the cockpit, after the desk stands as the change says. */
const cockpit = (change = "") => async (page) => {
  if (change !== "") await set(change)(page);
  await page.getByTestId("pill").click();
  await page.getByTestId("cockpit-folder").waitFor();
};
const since = (minutes) => `new Date(Date.now() - ${minutes} * 60000).toISOString()`;
const away = (code, message, minutes, state = "offline") =>
  `Object.assign(state.sync, { state: "${state}", since: ${since(minutes)}, nextTryMs: 11000, reason: ${JSON.stringify({ code, message, nextStep: "Go on working.", reference: "" })} });
   Object.assign(state.staleness, { knownAt: ${since(minutes)}, ageS: ${minutes * 60} });`;
const unreachable = (minutes) => away("SERVICE_UNREACHABLE", "The hotel's service cannot be reached.", minutes);
const portal = away("NOT_THE_SERVICE", "Something else answers at the service's address, a network's sign-in page perhaps.", 65);
const signedOut = away("TOKEN_REFUSED", refused.message, 18, "stopped");

const pictures = [
  { name: "cockpit-online", query: "noguide=1", act: cockpit() },
  { name: "cockpit-offline", query: "busy=1&noguide=1&sends=0", act: cockpit(unreachable(65)) },
  { name: "cockpit-offline-long", query: "busy=1&noguide=1&sends=0&giventwice=1", act: cockpit(`${unreachable(21 * 60)} state.staleness.warn = true; state.sync.backlogWarning = true;`) },
  { name: "cockpit-portal", query: "busy=1&noguide=1&sends=0", act: cockpit(portal) },
  { name: "cockpit-sign-in", query: "busy=1&noguide=1&sends=0", act: cockpit(signedOut) },
  { name: "cockpit-paused", query: "busy=1&noguide=1&sends=0", hash: "#/sync", act: both(async (page) => page.getByTestId("pause-sending").click(), cockpit()) },
  { name: "cockpit-planned", query: "busy=1&noguide=1&link=workOffline", act: cockpit() },
  { name: "cockpit-emergency", query: "busy=1&noguide=1&emergency=ending&sends=0", act: cockpit(`Object.assign(state.sync, { state: "offline", since: ${since(34 * 60)}, reason: ${JSON.stringify({ code: "SERVICE_SILENT", message: "The hotel's service does not answer in time.", nextStep: "", reference: "" })} });`) },
  { name: "cockpit-pack-problem", query: "busy=1&noguide=1&sends=0", act: async (page) => {
      await page.evaluate('Object.assign(window.__demo, { downtimePack: async () => ({ folder: "/home/desk/turndown/downtime", writtenAt: null, problem: "The folder cannot be written: the disk is full." }) })');
      await cockpit(unreachable(65))(page);
    } },
  { name: "cockpit-offline-dark", query: "busy=1&noguide=1&sends=0", dark: true, act: cockpit(unreachable(65)) },
  { name: "cockpit-emergency-dark", query: "busy=1&noguide=1&emergency=1&sends=0&link=unplugged", dark: true, act: cockpit() },
  { name: "cockpit-rtl", query: "busy=1&noguide=1&sends=0&dir=rtl", act: cockpit(unreachable(65)) },
  { name: "cockpit-narrow", query: "busy=1&noguide=1&sends=0", size: size(960, 600), act: cockpit(portal) },
  { name: "cockpit-front-desk-narrow", query: "window=front-desk&busy=1&sends=0", size: size(720, 520), act: cockpit(portal) },
  { name: "cockpit-front-desk", query: "window=front-desk&busy=1&sends=0", act: cockpit(unreachable(65)) },
  { name: "front-desk-waiting", query: "window=front-desk", act: async (page) => page.getByTestId("rack-filter-waiting").click() },
  { name: "front-desk-panel", query: "window=front-desk", act: async (page) => { await page.getByTestId("rack-filter-ready").click(); await page.getByTestId("rack-more").first().click(); } },
  { name: "front-desk-claim", query: "window=front-desk&link=unplugged", act: async (page) => { await page.getByTestId("rack-filter-arrivals").click(); await page.getByTestId("rack-room").first().focus(); await page.keyboard.press("c"); } },
  { name: "front-desk-queue", query: "window=front-desk", act: async (page) => { await page.getByTestId("rack-filter-arrivals").click(); await page.getByTestId("rack-room").nth(3).focus(); await page.keyboard.press("q"); } },
  { name: "sync-given-twice", query: "busy=1&giventwice=1", act: async (page) => page.getByTestId("nav-sync").click() },
  { name: "suggestions", query: "noguide=1&suggests=4" },
  { name: "suggestions-look", query: "noguide=1&suggests=4", act: async (page) => page.getByTestId("suggestions-look").click() },
  { name: "suggestions-dark", query: "noguide=1&suggests=4", dark: true, act: async (page) => page.getByTestId("suggestions-look").click() },
  { name: "radio-understood", query: "busy=1&noguide=1", act: radio("501-512 dirty") },
  { name: "radio-words", query: "busy=1&noguide=1&dir=rtl", act: radio("412 d") },
  { name: "radio-problem", query: "busy=1&noguide=1", dark: true, act: radio("412 fooo") },
  { name: "radio-refused", query: "busy=1&noguide=1", act: radio("110-116 dnd") },
  { name: "board-light", query: "" },
  { name: "board-offline", query: "busy=1&link=unplugged&noguide=1" },
  { name: "board-dark", query: "busy=1&noguide=1", dark: true },
  { name: "board-large", query: "busy=1&noguide=1", size: LARGE },
  { name: "board-large-dark", query: "busy=1&link=workOffline", size: LARGE, dark: true },
  { name: "board-rtl", query: "busy=1&dir=rtl&noguide=1" },
  { name: "board-empty", query: "floors=0&noguide=1" },
  { name: "board-notices", query: "busy=1&notice=1&noguide=1" },
  {
    name: "board-compact",
    query: "busy=1&noguide=1",
    act: async (page) => page.getByTestId("density").click(),
  },
  {
    name: "board-menu",
    query: "busy=1&noguide=1",
    act: async (page) => page.locator('[data-column=inProgress] [data-testid="tile-menu"]').first().click(),
  },
  {
    name: "board-menu-move",
    query: "noguide=1",
    act: async (page) => {
      await page.locator('[data-column=dirty] [data-testid="tile-menu"]').first().click();
      await page.keyboard.press("End");
    },
  },
  { name: "board-selected", query: "busy=1&noguide=1", act: both(selecting("dirty", 4), selecting("inProgress", 1)) },
  { name: "board-selected-dark", query: "busy=1&noguide=1", dark: true, act: both(selecting("dirty", 4), selecting("clean", 2)) },
  { name: "board-selected-rtl", query: "noguide=1&dir=rtl", act: selecting("clean", 3) },
  { name: "board-selected-narrow", query: "noguide=1", size: size(960, 700), act: both(selecting("dirty", 4), selecting("inProgress", 3)) },
  {
    name: "board-selected-compact",
    query: "noguide=1",
    act: async (page) => {
      await page.getByTestId("density").click();
      await selecting("dirty", 6)(page);
    },
  },
  {
    name: "board-selected-done",
    query: "noguide=1&link=unplugged",
    act: async (page) => {
      await page.keyboard.press("Control+a");
      await page.getByTestId("bulk-start").click();
      await page.getByTestId("message").waitFor();
    },
  },
  { name: "board-more-filters", query: "noguide=1", act: more("state-vip", "kind-linen", "floor-2") },
  { name: "board-more-filters-dark", query: "noguide=1", dark: true, act: more("state-vip", "kind-linen", "floor-2") },
  { name: "board-more-filters-rtl", query: "noguide=1&dir=rtl", act: closed(more("state-vip", "state-rush", "floor-2")) },
  { name: "board-chips", query: "busy=1&noguide=1", act: closed(more("state-vip", "state-notSent", "kind-turnover", "floor-1")) },
  { name: "board-filters-narrow", query: "noguide=1", size: size(960, 700), act: both(ofOne, closed(more("state-vip", "state-cannotWork"))) },
  { name: "board-attendants", query: "noguide=1", act: async (page) => page.getByTestId("filter-attendant").click() },
  { name: "board-attendants-dark", query: "noguide=1", dark: true, act: both(ofOne, async (page) => page.getByTestId("filter-attendant").click()) },
  { name: "board-one", query: "noguide=1", act: ofOne },
  { name: "board-one-dark", query: "noguide=1", dark: true, act: ofOne },
  { name: "board-one-rtl", query: "noguide=1&dir=rtl", act: ofOne },
  { name: "board-views", query: "noguide=1", act: both(twoViews, async (page) => page.getByTestId("views").click()) },
  {
    name: "board-views-change",
    query: "noguide=1",
    act: both(twoViews, async (page) => {
      await page.getByTestId("views").click();
      await page.getByTestId("view-change").click();
    }),
  },
  { name: "board-drag", query: "noguide=1", act: holdOver("dirty", "inProgress") },
  { name: "board-drag-dark", query: "noguide=1", dark: true, act: holdOver("clean", "dirty") },
  { name: "board-drag-refused", query: "noguide=1", act: holdOver("dirty", "clean") },
  { name: "board-drag-refused-dark", query: "noguide=1", dark: true, act: holdOver("inProgress", "inspected") },
  { name: "board-drag-many-rtl", query: "noguide=1&dir=rtl", act: both(selecting("dirty", 2), holdOver("dirty", "inProgress")) },
  {
    name: "board-after-act",
    query: "link=unplugged&sends=0",
    act: async (page) => {
      for (let n = 0; n < 3; n += 1) await page.locator('section[data-column=dirty] [data-action=start]').first().click();
    },
  },
  {
    name: "board-refused",
    query: "noguide=1",
    act: async (page) => {
      await page.getByTestId("board-search").fill("1");
      await page.locator('section[data-column=dirty] .lane-scroll').evaluate((lane) => lane.scrollTo(0, 1e6));
      await page.locator('section[data-column=dirty] .tile[data-cannot] [data-action=start]').last().click();
    },
  },
  {
    name: "details",
    query: "busy=1&noguide=1",
    act: async (page) => {
      await page.locator('section[data-column=inProgress] [data-testid="tile"]').first().click({ position: { x: 20, y: 20 } });
      await page.keyboard.press("Enter");
    },
  },
  {
    name: "reassign",
    query: "noguide=1",
    act: async (page) => {
      await page.locator('section[data-column=dirty] [data-testid="tile"]').nth(1).click({ position: { x: 20, y: 20 } });
      await page.keyboard.press("a");
    },
  },
  {
    name: "inspect",
    query: "noguide=1",
    act: async (page) => page.locator('section[data-column=clean] [data-testid="tile-primary"]').first().click(),
  },
  { name: "add-task", query: "noguide=1", act: async (page) => page.getByTestId("add-task").click() },
  {
    name: "shortcuts",
    query: "noguide=1",
    act: async (page) => {
      await page.locator('section[data-column=dirty] [data-testid="tile"]').nth(1).click({ position: { x: 20, y: 20 } });
      await page.keyboard.press("?");
    },
  },
  { name: "person", query: "noguide=1", act: async (page) => page.getByTestId("person").click() },
  { name: "settings", query: "noguide=1", act: type(["Control+,"]) },
  { name: "settings-dark", query: "noguide=1", dark: true, act: type(["Control+,"]) },
  { name: "board-contrast", query: "busy=1&noguide=1&theme=contrast" },
  { name: "board-contrast-dark", query: "busy=1&noguide=1&theme=contrast", dark: true },
  { name: "sync-contrast", query: "busy=1&noguide=1&theme=contrast", hash: "#/sync" },
  { name: "conflict-contrast", query: "busy=1&noguide=1&theme=contrast", hash: "#/sync", act: async (page) => { await page.getByTestId("decide").first().click(); await page.getByTestId("choice").first().click(); } },
  { name: "board-forced", query: "busy=1&noguide=1", forced: true },
  { name: "conflict-forced", query: "busy=1&noguide=1", hash: "#/sync", forced: true, act: async (page) => { await page.getByTestId("decide").first().click(); await page.getByTestId("choice").first().click(); } },
  { name: "frontdesk-contrast", query: "window=front-desk&busy=1&theme=contrast" },
  { name: "setup-contrast", query: "phase=setup&theme=contrast" },
  { name: "frontdesk", query: "window=front-desk&busy=1" },
  { name: "frontdesk-dark", query: "window=front-desk&busy=1&link=unplugged", dark: true },
  { name: "frontdesk-rtl", query: "window=front-desk&busy=1&dir=rtl" },
  { name: "frontdesk-large", query: "window=front-desk&busy=1", size: LARGE, act: async (page) => page.getByTestId("rack-filter-arrivals").click() },
  { name: "frontdesk-discrepancies", query: "window=front-desk", act: async (page) => page.getByTestId("rack-filter-discrepancies").click() },
  { name: "sync", query: "busy=1&noguide=1&link=unplugged", hash: "#/sync" },
  { name: "sync-hold", query: "busy=1&noguide=1&link=unplugged", hash: "#/board", act: holdOne },
  { name: "sync-hold-dark", query: "busy=1&noguide=1&link=unplugged", hash: "#/board", dark: true, act: async (page) => { await holdOne(page); await page.getByTestId("pause-sending").click(); } },
  { name: "sync-hold-rtl", query: "busy=1&noguide=1&link=unplugged&dir=rtl", hash: "#/board", act: holdOne },
  { name: "sync-paused", query: "busy=1&noguide=1", hash: "#/sync", act: async (page) => page.getByTestId("pause-sending").click() },
  { name: "hold-ask", query: "busy=1&noguide=1", act: async (page) => { await openHold(page); } },
  { name: "board-hold", query: "busy=1&noguide=1&link=unplugged", act: async (page) => { await holdOne(page, false); } },
  { name: "story-hold", query: "busy=1&noguide=1&link=unplugged", act: async (page) => { await holdOne(page); await page.getByTestId("row-let-go").first().locator("xpath=ancestor::tr").getByTestId("row-story").click(); } },
  { name: "sync-dark", query: "busy=1&noguide=1", hash: "#/sync", dark: true },
  { name: "sync-large", query: "busy=1&noguide=1", hash: "#/sync", size: LARGE },
  { name: "sync-empty", query: "noguide=1", hash: "#/sync" },
  { name: "sync-waiting", query: "busy=1&noguide=1&link=unplugged", hash: "#/sync", act: show("waiting") },
  { name: "sync-sending", query: "busy=1&noguide=1&sends=0", hash: "#/sync", act: sending },
  { name: "sync-attention", query: "busy=1&noguide=1", hash: "#/sync", act: show("attention") },
  { name: "sync-acknowledged", query: "busy=1&noguide=1", hash: "#/sync", act: show("acknowledged") },
  { name: "sync-discarded", query: "busy=1&noguide=1", hash: "#/sync", act: show("discarded") },
  { name: "sync-discarded-empty", query: "noguide=1", hash: "#/sync", act: show("discarded") },
  { name: "sync-give-up", query: "busy=1&noguide=1", hash: "#/sync", act: givingUp },
  { name: "sync-backlog", query: "busy=1&noguide=1&link=workOffline", hash: "#/sync", act: backlog },
  { name: "sync-narrow", query: "busy=1&noguide=1", hash: "#/sync", size: size(960, 700) },
  { name: "sync-retried", query: "busy=1&noguide=1", hash: "#/sync", act: async (page) => page.getByTestId("retry-failed").click() },
  { name: "sync-rtl", query: "busy=1&noguide=1&dir=rtl", hash: "#/sync" },
  { name: "sync-stopped", query: "busy=1&noguide=1&sends=0", hash: "#/sync", act: stopped },
  { name: "sync-unbalanced", query: "busy=1&noguide=1", hash: "#/sync", act: unbalanced },
  { name: "carry-export", query: "busy=1&noguide=1&link=unplugged", hash: "#/sync", act: exported },
  { name: "carry-import", query: "busy=1&noguide=1", hash: "#/sync", act: async (page) => page.getByTestId("carry-import").click() },
  {
    name: "carry-refused",
    query: "busy=1&noguide=1",
    hash: "#/sync",
    act: async (page) => {
      await failing(page, "importWaiting", { code: "CARRY_FILE_CHANGED", message: "The file is not as it was written: something in it was changed.", nextStep: "Export it at its desk once more, or copy it anew." });
      await page.getByTestId("carry-import").click();
      await page.getByTestId("found-take").click();
    },
  },
  { name: "carried", query: "busy=1&noguide=1", hash: "#/sync", act: imported },
  { name: "carried-dark", query: "busy=1&noguide=1", hash: "#/sync", dark: true, act: imported },
  { name: "conflict", query: "busy=1&noguide=1", hash: "#/sync", act: async (page) => page.getByTestId("decide").first().click() },
  {
    name: "conflict-gone",
    query: "busy=1&noguide=1",
    hash: "#/sync",
    act: async (page) => {
      await failing(page, "conflict", { code: "CONFLICT_GONE", message: "This was decided already.", nextStep: "Go back to the Sync Center." });
      await page.getByTestId("decide").first().click();
    },
  },
  {
    name: "conflict-dark",
    query: "busy=1&noguide=1",
    hash: "#/sync",
    dark: true,
    act: async (page) => {
      await page.getByTestId("decide").last().click();
      await page.getByTestId("choice").first().click();
    },
  },
  {
    name: "conflict-anew",
    query: "busy=1&noguide=1",
    hash: "#/sync",
    size: size(1280, 1400),
    act: async (page) => {
      await page.getByTestId("decide").first().click();
      await page.getByTestId("suggestions").click();
      await page.locator('[data-testid=choice][data-side=edited]').click();
      await page.getByTestId("turn-merged").click();
      await page.locator('[data-testid=choice][data-side=mine]').first().click();
    },
  },
  { name: "conflict-rtl", query: "busy=1&noguide=1&dir=rtl", hash: "#/sync", act: async (page) => page.getByTestId("decide").first().click() },
  {
    name: "conflict-look",
    query: "busy=1&noguide=1",
    hash: "#/sync",
    act: async (page) => {
      await page.getByTestId("decide").first().click();
      await page.getByTestId("send-to-look").click();
    },
  },
  { name: "conflict-narrow", query: "busy=1&noguide=1", hash: "#/sync", size: size(960, 700), act: async (page) => page.getByTestId("decide").first().click() },
  { name: "conflict-large", query: "busy=1&noguide=1", hash: "#/sync", size: LARGE, act: async (page) => page.getByTestId("decide").first().click() },
  { name: "conflict-again", query: "busy=1&noguide=1", hash: "#/sync", act: deciding("last") },
  { name: "conflict-merged", query: "busy=1&noguide=1", hash: "#/sync", act: deciding("first", toEnd) },
  {
    name: "conflict-decided",
    query: "busy=1&noguide=1",
    hash: "#/sync",
    act: deciding("first", async (page) => page.getByTestId("keep-all-mine").click()),
  },
  {
    name: "conflict-suggested",
    query: "busy=1&noguide=1",
    hash: "#/sync",
    act: deciding("first", async (page) => page.getByTestId("suggestions").click()),
  },
  { name: "playbook", query: "busy=1&noguide=1", hash: "#/playbook/SERVICE_SILENT" },
  { name: "playbook-dark", query: "busy=1&noguide=1", hash: "#/playbook", dark: true },
  { name: "story", query: "busy=1&noguide=1", hash: "#/sync", act: async (page) => page.locator('[data-state=conflict] [data-testid=row-story]').first().click() },
  { name: "story-dark-offline", query: "busy=1&noguide=1&link=unplugged", hash: "#/sync", dark: true, act: async (page) => page.locator('[data-state=conflict] [data-testid=row-story]').first().click() },
  { name: "story-rtl", query: "busy=1&noguide=1&dir=rtl", hash: "#/sync", act: async (page) => page.locator('[data-state=conflict] [data-testid=row-story]').first().click() },
  {
    name: "story-unreadable",
    query: "busy=1&noguide=1",
    hash: "#/sync",
    act: async (page) => {
      await failing(page, "story", { code: "DATABASE_UNREADABLE", message: "The desk's database cannot be read at the moment.", nextStep: "Try again; if it stays, start the desk again." });
      await page.locator("[data-state=conflict] [data-testid=row-story]").first().click();
    },
  },
  { name: "summary", query: "busy=1&noguide=1", hash: "#/summary" },
  { name: "summary-dark", query: "busy=1&noguide=1", hash: "#/summary", dark: true },
  { name: "summary-rtl", query: "busy=1&noguide=1&dir=rtl", hash: "#/summary" },
  { name: "summary-none", query: "noguide=1", hash: "#/summary" },
  { name: "report", query: "busy=1&noguide=1&taken=2000", hash: "#/report" },
  { name: "report-dark-offline", query: "busy=1&noguide=1&link=unplugged", hash: "#/report", dark: true },
  { name: "report-rtl", query: "busy=1&noguide=1&dir=rtl", hash: "#/report" },
  { name: "report-none", query: "noguide=1", hash: "#/report" },
  { name: "report-open", query: "busy=1&noguide=1", hash: "#/report", act: async (page) => page.getByTestId("end-attention").click() },
  { name: "report-period", query: "busy=1&noguide=1", hash: "#/report/2016-03-26T22%3A00%3A00.000Z..2016-03-27T11%3A00%3A00.000Z", act: async (page) => page.getByTestId("report-save").click() },
  {
    name: "report-paper",
    query: "busy=1&noguide=1",
    hash: "#/report",
    dark: true,
    act: async (page) => {
      await page.evaluate(() => Object.assign(window, { print: () => {} }));
      await page.getByTestId("report-print").click();
      await page.getByTestId("paper").waitFor({ state: "attached" });
      await page.emulateMedia({ media: "print" });
    },
  },
  { name: "stale", query: "busy=1&stale=1&noguide=1&link=unplugged", act: async (page) => page.getByTestId("stale-refresh").click() },
  { name: "stale-go-on", query: "busy=1&stale=1&noguide=1&link=unplugged", act: async (page) => page.getByTestId("stale-go-on").click() },
  { name: "stale-reason-dark", query: "busy=1&stale=1&noguide=1&link=unplugged", dark: true, act: goOn },
  { name: "stale-reason-rtl", query: "busy=1&stale=1&noguide=1&link=unplugged&dir=rtl", act: goOn },
  { name: "stale-front-desk", query: "window=front-desk&stale=1&link=unplugged", act: async (page) => page.getByTestId("stale-go-on").click() },
  { name: "emergency", query: "busy=1&emergency=1&noguide=1&link=unplugged" },
  { name: "emergency-dark", query: "window=front-desk&busy=1&emergency=1&link=unplugged", dark: true },
  { name: "emergency-rtl", query: "busy=1&emergency=ending&noguide=1&link=unplugged&dir=rtl", hash: "#/sync" },
  { name: "emergency-who", query: "phase=choosePerson&emergency=1&link=unplugged" },
  { name: "emergency-prolong", query: "busy=1&emergency=ending&noguide=1&link=unplugged", act: async (page) => page.getByTestId("emergency-prolong").click() },
  { name: "clock-set-back", query: "busy=1&setback=1&noguide=1&link=unplugged" },
  { name: "setup", query: "phase=setup" },
  { name: "setup-dark", query: "phase=setup", dark: true },
  {
    name: "setup-connect",
    query: "phase=setup",
    act: async (page) => {
      await page.getByTestId("setup-connect").click();
      await page.getByTestId("setup-address").fill("https://service.example");
      await page.getByTestId("setup-code").fill("12");
      await page.keyboard.press("Enter");
    },
  },
  { name: "loading", query: "phase=setup", act: async (page) => page.getByTestId("setup-sample").click() },
  { name: "who", query: "phase=choosePerson", act: type(["Tab"]) },
  { name: "trouble", query: "phase=trouble" },
];

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"],
});
let faults = 0;
// One that is in the dark already has its light twin beside it, or shows what is alike in both.
const inDark = asked.both ? pictures.filter(({ name, dark }) => !dark && !pictures.some((each) => each.name === `${name}-dark`)) : [];
// The main screens in other scripts, other directions and longer words.
const MAIN = ["board-offline", "board-more-filters", "board-selected", "board-attendants", "front-desk-panel", "radio-understood", "board-compact", "board-menu", "details", "add-task", "shortcuts", "person", "settings", "frontdesk", "sync", "conflict", "story", "summary", "report", "stale", "setup", "setup-connect", "who", "trouble"];
const inTongues = MAIN.flatMap((main) =>
  ["ar", "ps", "he", "en-XA"].flatMap((lang) =>
    [100, 200].map((text) => {
      const picture = pictures.find(({ name }) => name === main);
      return { ...picture, name: `${main}-${lang}-${text}`, query: `${picture.query}&lang=${lang}&text=${text}` };
    }),
  ),
);
const all = asked.tongues ? inTongues : [...pictures, ...inDark.map((picture) => ({ ...picture, name: `${picture.name}-dark`, dark: true }))];

/** What does not fit, in words. Runs in the page. */
function misfits() {
  const found = [];
  const layer = [...document.querySelectorAll(".modal, .popover")].at(-1) ?? document;
  const describe = (element) => `${element.tagName.toLowerCase()}.${String(element.className.baseVal ?? element.className).trim().split(/\s+/).join(".")} "${element.textContent.trim().slice(0, 40)}"`;
  const inSight = (box) => box.width > 1 && box.height > 1 && box.right > 0 && box.bottom > 0 && box.left < window.innerWidth && box.top < window.innerHeight;
  const hidden = (element) => element.closest(".hidden-words, .live-region, [data-testid=hidden-select-container]") !== null;
  const scrolledOut = (element, x, y) => {
    for (let at = element.parentElement; at !== null && at !== document.body; at = at.parentElement) {
      const edge = at.getBoundingClientRect();
      if (getComputedStyle(at).overflowY !== "visible" && (y < edge.top || y > edge.bottom || x < edge.left || x > edge.right)) return true;
    }
    return false;
  };
  if (document.documentElement.scrollWidth > window.innerWidth) found.push("wider than the window");
  for (const element of layer.querySelectorAll("*")) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== "");
    if (!own || hidden(element) || !inSight(element.getBoundingClientRect())) continue;
    const style = getComputedStyle(element);
    // Dots say that there is more; a cut without them does not.
    if (style.overflowX === "hidden" && style.textOverflow !== "ellipsis" && element.scrollWidth > element.clientWidth + 1) found.push(`cut off: ${describe(element)}`);
    if (style.overflowY === "hidden" && element.scrollHeight > element.clientHeight + 3) found.push(`cut off below: ${describe(element)}`);
  }
  const controls = [...layer.querySelectorAll("button, a[href], input, textarea, [role=radio], label.switch, .chip, .pill, kbd")].filter((control) => !hidden(control) && inSight(control.getBoundingClientRect()));
  for (const control of controls) {
    const box = control.getBoundingClientRect();
    const words = document.createRange();
    words.selectNodeContents(control);
    const text = words.getBoundingClientRect();
    if (text.width > 0 && control.children.length === 0 && (text.left < box.left - 1 || text.right > box.right + 1 || text.bottom > box.bottom + 4)) found.push(`its words leave it: ${describe(control)}`);
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const top = document.elementFromPoint(x, y);
    const covers = top !== null && !control.contains(top) && !top.contains(control) && getComputedStyle(control).opacity !== "0" && getComputedStyle(control).pointerEvents !== "none";
    if (covers && top.closest("button, a, input, .tile, .rack-row, .card, .bar, .filters, h1, h2, p") !== null && control.closest("label")?.contains(top) !== true) {
      if (!scrolledOut(control, x, y)) found.push(`covered by ${describe(top)}: ${describe(control)}`);
    }
  }
  return [...new Set(found)];
}
for (const picture of all.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)))) {
  const context = await browser.newContext({
    viewport: picture.size ?? SMALL,
    colorScheme: picture.dark ? "dark" : "light",
    reducedMotion: "reduce",
    forcedColors: picture.forced ? "active" : "none",
  });
  const page = await context.newPage();
  const complain = (what) => {
    faults += 1;
    console.error(`${picture.name}: ${what}`);
  };
  page.on("pageerror", (error) => complain(error.stack ?? error.message));
  page.on("console", (message) => (message.type() === "error" ? complain(message.text()) : undefined));
  await page.goto(`${base}?${picture.query}${picture.hash ?? ""}`);
  await page.waitForSelector("#root main");
  await page.waitForLoadState("networkidle");
  try {
    await picture.act?.(page);
  } catch (error) {
    complain(error.message);
  }
  await page.waitForTimeout(250);
  for (const misfit of await page.evaluate(misfits)) complain(misfit);
  if ((await page.evaluate(() => document.activeElement === document.body)) && picture.act !== undefined) complain("the focus is on the body");
  await page.screenshot({ path: join(folder, `${picture.name}.png`) });
  await context.close();
}
await browser.close();
server.close();
console.log(faults === 0 ? "No faults." : `${faults} faults.`);
process.exitCode = faults === 0 ? 0 : 1;
