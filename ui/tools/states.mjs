// Every state of every screen on made-up data, and how to come to it. `look.mjs` takes pictures of them, the gate of
// accessibility (`a11y/`) holds them to their promises.

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

/** Chooses the first name, which is asked for its PIN. */
const choosing = async (page) => page.getByTestId("staff-choice").first().click();
const typingPin = (pin) => async (page) => {
  await page.getByTestId("pin").fill(pin);
  await page.keyboard.press("Enter");
  await page.getByTestId("pin-problem").waitFor();
};
const changingPin = async (page) => page.getByTestId("pin-temporary-change").click();
const newPin = (had, wanted, again) => async (page) => {
  for (const [field, pin] of [["pin", had], ["new", wanted], ["again", again]]) await page.getByTestId(`change-pin-${field}`).fill(pin);
  await page.keyboard.press("Enter");
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
  await page.getByTestId("menu-hold").click();
};
const holdOne = async (page, andLook = true) => {
  await openHold(page);
  await page.getByTestId("hold-reason").fill("The guest may come back for a bag; reception asks first.");
  await page.getByTestId("hold-confirm").click();
  if (andLook) await page.getByTestId("nav-sync").click();
};
/** Gives a single key another one, and tries one that is taken. */
const takenKey = async (page) => {
  await type(["?"])(page);
  await page.getByTestId("change-keys").click();
  await page.getByTestId("key-pause").click();
  await type(["H"])(page);
  await page.getByTestId("key-start").click();
  await type(["C"])(page);
};
const show = (filter) => async (page) => page.getByTestId(`ledger-${filter}`).click();
const set = (change) => async (page) => page.evaluate(`window.__demo.setState((state) => { ${change} }, ["status", "outbox"])`);
/** A sentence as the core says it. */
const says = (template, args = {}) => ({ template, args, said: null });
/** Has the next call of a command fail, as the shell has it. */
const failing = (page, command, { code, message, nextStep }) =>
  page.evaluate(`Object.assign(window.__demo, { ${command}: () => Promise.reject(${JSON.stringify({ code, message: says(message), nextStep: says(nextStep), reference: "M-0002" })}) })`);
const refused = { code: "TOKEN_REFUSED", message: says("The hotel's service does not accept this desk's key any more."), nextStep: says("Go on working; everything is kept. Ask your IT for a new code and connect this desk again."), reference: "M-0003" };
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
export const radio = (line) => async (page) => {
  await page.keyboard.press("Control+e");
  await page.getByTestId("radio-input").fill(line);
  await page.getByTestId("radio-echo").waitFor();
};
const both = (...acts) => async (page) => {
  for (const act of acts) await act(page);
};
export const more = (...ticks) => async (page) => {
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
  `Object.assign(state.sync, { state: "${state}", since: ${since(minutes)}, nextTryMs: 11000, reason: ${JSON.stringify({ code, message: says(message), nextStep: says("Go on working; the desk tries again by itself."), reference: "" })} });
   Object.assign(state.staleness, { knownAt: ${since(minutes)}, ageS: ${minutes * 60} });`;
const unreachable = (minutes) => away("SERVICE_UNREACHABLE", "The hotel's service cannot be reached.", minutes);
const portal = away("NOT_THE_SERVICE", "Something else answers at the service's address, a network's sign-in page perhaps.", 65);
const signedOut = away("TOKEN_REFUSED", refused.message.template, 18, "stopped");

/** Each state of each screen: where it is, and what leads there. `also` names further looks of the same. */
const STATES = [
  { name: "cockpit-online", query: "noguide=1", act: cockpit() },
  { name: "cockpit-offline", also: ["dark", "rtl"], query: "busy=1&noguide=1&sends=0", act: cockpit(unreachable(65)) },
  { name: "cockpit-offline-long", query: "busy=1&noguide=1&sends=0&giventwice=1", act: cockpit(`${unreachable(21 * 60)} state.staleness.warn = true; state.sync.backlogWarning = true;`) },
  { name: "cockpit-portal", query: "busy=1&noguide=1&sends=0", act: cockpit(portal) },
  { name: "cockpit-sign-in", also: ["dark", "rtl"], query: "busy=1&noguide=1&sends=0", act: cockpit(signedOut) },
  { name: "connect-again", also: ["dark", "rtl"], query: "busy=1&noguide=1&sends=0", act: both(cockpit(signedOut), async (page) => page.getByTestId("cockpit-connect").click()) },
  { name: "stale-sign-in", query: "stale=1&noguide=1&link=unplugged", act: set(signedOut) },
  { name: "loading-sign-in", also: ["rtl"], query: "phase=loading", act: set(signedOut) },
  { name: "cockpit-paused", query: "busy=1&noguide=1&sends=0", hash: "#/sync", act: both(async (page) => page.getByTestId("pause-sending").click(), cockpit()) },
  { name: "cockpit-planned", query: "busy=1&noguide=1&link=workOffline", act: cockpit() },
  { name: "cockpit-emergency", query: "busy=1&noguide=1&emergency=ending&sends=0", act: cockpit(`Object.assign(state.sync, { state: "offline", since: ${since(34 * 60)}, reason: ${JSON.stringify({ code: "SERVICE_SILENT", message: says("The hotel's service does not answer in time."), nextStep: says("{words}", { words: { text: "" } }), reference: "" })} });`) },
  { name: "cockpit-pack-problem", query: "busy=1&noguide=1&sends=0", act: async (page) => {
      const problem = says("The downtime pack could not be written: {error}.", { error: { text: "No space left on device" } });
      await page.evaluate(`Object.assign(window.__demo, { downtimePack: async () => ({ folder: "/home/desk/turndown/downtime", writtenAt: null, problem: ${JSON.stringify(problem)} }) })`);
      await cockpit(unreachable(65))(page);
    } },
  { name: "cockpit-emergency-dark", query: "busy=1&noguide=1&emergency=1&sends=0&link=unplugged", dark: true, act: cockpit() },
  { name: "cockpit-narrow", query: "busy=1&noguide=1&sends=0", size: size(960, 600), act: cockpit(portal) },
  { name: "cockpit-front-desk-narrow", query: "window=front-desk&busy=1&sends=0", size: size(720, 520), act: cockpit(portal) },
  { name: "cockpit-front-desk", query: "window=front-desk&busy=1&sends=0", act: cockpit(unreachable(65)) },
  { name: "front-desk-waiting", query: "window=front-desk", act: async (page) => page.getByTestId("rack-filter-waiting").click() },
  { name: "front-desk-panel", query: "window=front-desk", act: async (page) => { await page.getByTestId("rack-filter-ready").click(); await page.getByTestId("rack-more").first().click(); } },
  { name: "front-desk-claim", query: "window=front-desk&link=unplugged", act: async (page) => { await page.getByTestId("rack-filter-arrivals").click(); await page.getByTestId("rack-room").first().focus(); await page.keyboard.press("c"); } },
  { name: "front-desk-queue", query: "window=front-desk", act: async (page) => { await page.getByTestId("rack-filter-arrivals").click(); await page.getByTestId("rack-room").nth(3).focus(); await page.keyboard.press("q"); } },
  { name: "sync-given-twice", query: "busy=1&giventwice=1", act: async (page) => page.getByTestId("nav-sync").click() },
  { name: "suggestions", query: "noguide=1&suggests=4" },
  { name: "suggestions-look", also: ["dark"], query: "noguide=1&suggests=4", act: async (page) => page.getByTestId("suggestions-look").click() },
  { name: "radio-understood", query: "busy=1&noguide=1", act: radio("501-512 dirty") },
  { name: "radio-words", query: "busy=1&noguide=1&dir=rtl", act: radio("412 d") },
  { name: "radio-problem", query: "busy=1&noguide=1", dark: true, act: radio("412 fooo") },
  { name: "radio-refused", query: "busy=1&noguide=1", act: radio("110-116 dnd") },
  { name: "board-light", query: "" },
  { name: "board-offline", query: "busy=1&link=unplugged&noguide=1" },
  { name: "board", also: ["dark", "rtl", "contrast", "contrast-dark", "forced"], query: "busy=1&noguide=1" },
  { name: "board-large", query: "busy=1&noguide=1", size: LARGE },
  { name: "board-large-dark", query: "busy=1&link=workOffline", size: LARGE, dark: true },
  { name: "board-empty", query: "floors=0&noguide=1" },
  { name: "board-quiet", query: "rooms=200&quiet=1&noguide=1" },
  { name: "frontdesk-quiet", query: "window=front-desk&rooms=200&quiet=1" },
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
  { name: "board-more-filters", also: ["dark"], query: "noguide=1", act: more("state-vip", "kind-linen", "floor-2") },
  { name: "board-more-filters-rtl", query: "noguide=1&dir=rtl", act: closed(more("state-vip", "state-rush", "floor-2")) },
  { name: "board-chips", query: "busy=1&noguide=1", act: closed(more("state-vip", "state-notSent", "kind-turnover", "floor-1")) },
  { name: "board-filters-narrow", query: "noguide=1", size: size(960, 700), act: both(ofOne, closed(more("state-vip", "state-cannotWork"))) },
  { name: "board-attendants", query: "noguide=1", act: async (page) => page.getByTestId("filter-attendant").click() },
  { name: "board-attendants-dark", query: "noguide=1", dark: true, act: both(ofOne, async (page) => page.getByTestId("filter-attendant").click()) },
  { name: "board-one", also: ["dark", "rtl"], query: "noguide=1", act: ofOne },
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
    name: "add-task-people",
    query: "noguide=1",
    act: async (page) => {
      await page.getByTestId("add-task").click();
      await page.getByTestId("add-assignee").click();
      await page.getByTestId("assign-choice").first().waitFor();
    },
  },
  {
    name: "shortcuts",
    query: "noguide=1",
    act: async (page) => {
      await page.locator('section[data-column=dirty] [data-testid="tile"]').nth(1).click({ position: { x: 20, y: 20 } });
      await page.keyboard.press("?");
    },
  },
  { name: "person", query: "noguide=1", act: async (page) => page.getByTestId("person").click() },
  { name: "settings", also: ["dark"], query: "noguide=1", act: type(["Control+,"]) },
  { name: "settings-keys", also: ["dark", "rtl", "contrast", "forced"], query: "noguide=1", act: takenKey },
  { name: "conflict-chosen", also: ["contrast", "forced"], query: "busy=1&noguide=1", hash: "#/sync", act: async (page) => { await page.getByTestId("decide").first().click(); await page.getByTestId("choice").first().click(); } },
  { name: "frontdesk", also: ["rtl", "contrast"], query: "window=front-desk&busy=1" },
  { name: "frontdesk-dark", query: "window=front-desk&busy=1&link=unplugged", dark: true },
  { name: "frontdesk-large", query: "window=front-desk&busy=1", size: LARGE, act: async (page) => page.getByTestId("rack-filter-arrivals").click() },
  { name: "frontdesk-discrepancies", query: "window=front-desk", act: async (page) => page.getByTestId("rack-filter-discrepancies").click() },
  { name: "sync", query: "busy=1&noguide=1&link=unplugged", hash: "#/sync" },
  { name: "sync-hold", also: ["rtl"], query: "busy=1&noguide=1&link=unplugged", hash: "#/board", act: holdOne },
  { name: "sync-hold-dark", query: "busy=1&noguide=1&link=unplugged", hash: "#/board", dark: true, act: async (page) => { await holdOne(page); await page.getByTestId("pause-sending").click(); } },
  { name: "sync-paused", query: "busy=1&noguide=1", hash: "#/sync", act: async (page) => page.getByTestId("pause-sending").click() },
  { name: "hold-ask", query: "busy=1&noguide=1", act: async (page) => { await openHold(page); } },
  { name: "board-hold", query: "busy=1&noguide=1&link=unplugged", act: async (page) => { await holdOne(page, false); } },
  { name: "story-hold", query: "busy=1&noguide=1&link=unplugged", act: async (page) => { await holdOne(page); await page.getByTestId("row-let-go").first().locator("xpath=ancestor::tr").getByTestId("row-story").click(); } },
  { name: "sync-online", also: ["dark", "rtl", "contrast"], query: "busy=1&noguide=1", hash: "#/sync" },
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
  { name: "carried", also: ["dark"], query: "busy=1&noguide=1", hash: "#/sync", act: imported },
  { name: "conflict", also: ["rtl"], query: "busy=1&noguide=1", hash: "#/sync", act: async (page) => page.getByTestId("decide").first().click() },
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
  { name: "story", also: ["rtl"], query: "busy=1&noguide=1", hash: "#/sync", act: async (page) => page.locator('[data-state=conflict] [data-testid=row-story]').first().click() },
  { name: "story-dark-offline", query: "busy=1&noguide=1&link=unplugged", hash: "#/sync", dark: true, act: async (page) => page.locator('[data-state=conflict] [data-testid=row-story]').first().click() },
  {
    name: "story-unreadable",
    query: "busy=1&noguide=1",
    hash: "#/sync",
    act: async (page) => {
      await failing(page, "story", { code: "DATABASE_UNREADABLE", message: "The desk's database cannot be read at the moment.", nextStep: "Try again; if it stays, start the desk again." });
      await page.locator("[data-state=conflict] [data-testid=row-story]").first().click();
    },
  },
  { name: "summary", also: ["dark", "rtl"], query: "busy=1&noguide=1", hash: "#/summary" },
  { name: "summary-idle", query: "busy=1&noguide=1&idle=1", hash: "#/summary" },
  { name: "sync-idle", query: "busy=1&noguide=1&idle=1", hash: "#/sync" },
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
  { name: "stale-reason", also: ["dark", "rtl"], query: "busy=1&stale=1&noguide=1&link=unplugged", act: goOn },
  { name: "stale-front-desk", query: "window=front-desk&stale=1&link=unplugged", act: async (page) => page.getByTestId("stale-go-on").click() },
  { name: "day-notice", query: "busy=1&noguide=1&link=unplugged", act: set('state.dayToBegin = "2016-03-30"') },
  { name: "day-notice-dark", query: "busy=1&noguide=1&link=unplugged", dark: true, act: set('state.dayToBegin = "2016-03-30"') },
  { name: "day-notice-rtl", query: "busy=1&noguide=1&link=unplugged&lang=ar", act: set('state.dayToBegin = "2016-03-30"') },
  { name: "emergency", query: "busy=1&emergency=1&noguide=1&link=unplugged" },
  { name: "emergency-dark", query: "window=front-desk&busy=1&emergency=1&link=unplugged", dark: true },
  { name: "emergency-rtl", query: "busy=1&emergency=ending&noguide=1&link=unplugged&dir=rtl", hash: "#/sync" },
  { name: "emergency-who", query: "phase=choosePerson&emergency=1&link=unplugged" },
  { name: "emergency-prolong", query: "busy=1&emergency=ending&noguide=1&link=unplugged", act: async (page) => page.getByTestId("emergency-prolong").click() },
  { name: "clock-set-back", query: "busy=1&setback=1&noguide=1&link=unplugged" },
  { name: "setup", also: ["dark", "contrast"], query: "phase=setup" },
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
  { name: "who-pin", also: ["dark", "rtl"], query: "phase=choosePerson&pin=1", act: choosing },
  { name: "who-pin-wrong", also: ["dark"], query: "phase=choosePerson&pin=1", act: both(choosing, typingPin("111111")) },
  { name: "who-pin-wrong-ar", query: "phase=choosePerson&pin=1&lang=ar", act: both(choosing, typingPin("111111")) },
  { name: "locked", also: ["dark", "contrast"], query: "pin=1&busy=1&noguide=1", act: type(["Control+l"]) },
  { name: "locked-by-itself", query: "pin=1&busy=1&noguide=1", act: async (page) => {
      await page.keyboard.press("Control+,");
      await page.getByTestId("settings").waitFor();
      await page.evaluate("window.__demo.lock()");
      await page.getByTestId("settings").waitFor({ state: "detached" });
      await page.waitForFunction(() => document.activeElement?.dataset.testid === "pin");
    } },
  { name: "locked-ar", query: "pin=1&busy=1&noguide=1&lang=ar", act: type(["Control+l"]) },
  { name: "locked-wrong", query: "pin=1&busy=1&noguide=1", act: both(type(["Control+l"]), typingPin("111111")) },
  { name: "locked-front-desk-narrow", query: "pin=1&busy=1&window=front-desk&emergency=1", size: size(720, 520), act: type(["Control+l"]) },
  { name: "locked-somebody-else", query: "pin=1&busy=1&noguide=1", act: both(type(["Control+l"]), async (page) => page.getByTestId("pin-back").click()) },
  { name: "change-pin", also: ["dark"], query: "pin=1&temporary=1&busy=1&noguide=1", act: changingPin },
  { name: "change-pin-wrong", query: "pin=1&temporary=1&busy=1&noguide=1&lang=ar", act: both(changingPin, newPin("111111", "735190", "735190")) },
  { name: "change-pin-not-same", query: "pin=1&temporary=1&busy=1&noguide=1", act: both(changingPin, newPin("481516", "735190", "735191")) },
  { name: "pin-temporary", also: ["dark"], query: "pin=1&temporary=1&lacks=1&busy=1&noguide=1" },
  { name: "pin-temporary-ar", query: "pin=1&temporary=1&lacks=1&busy=1&noguide=1&lang=ar" },
  { name: "who-pin-empty", query: "phase=choosePerson&pin=1", act: both(choosing, type(["Enter"])) },
  { name: "locks-soon", also: ["dark", "contrast"], query: "pin=1&busy=1&noguide=1", act: set("state.signIn.locksSoon = true") },
  { name: "locks-soon-ar", query: "pin=1&busy=1&noguide=1&lang=ar", act: set("state.signIn.locksSoon = true") },
  { name: "locks-soon-front-desk-narrow", query: "pin=1&busy=1&window=front-desk", size: size(720, 520), act: both(type(["Control+e"]), set("state.signIn.locksSoon = true")) },
  { name: "radio-may-not", query: "busy=1&noguide=1&maynot=set_room_status", act: radio("501-512 dirty") },
  { name: "sync-may-not", also: ["dark"], query: "busy=1&noguide=1&maynot=set_priority,note,discard", hash: "#/sync" },
  { name: "sync-may-not-ar", query: "busy=1&noguide=1&maynot=set_priority,note,discard&lang=ar", hash: "#/sync" },
  { name: "person-pin", query: "pin=1&busy=1&noguide=1", act: async (page) => page.getByTestId("person").click() },
  { name: "stale-pin", query: "pin=1&busy=1&stale=1&noguide=1&link=unplugged", act: async (page) => {
      await page.getByTestId("stale-go-on").click();
      await page.getByTestId("go-on-manager").first().click();
    } },
  { name: "board-may-not", query: "busy=1&noguide=1&maynot=start,pause,resume,complete,inspect,set_room_status,add_task", act: async (page) => page.locator('[data-column=clean] [data-testid="tile-menu"]').first().click() },
  { name: "trouble", query: "phase=trouble" },
];

/** What another look of a state adds to it. */
const LOOKS = {
  dark: () => ({ dark: true }),
  forced: () => ({ forced: true }),
  rtl: ({ query }) => ({ query: `${query}&dir=rtl` }),
  contrast: ({ query }) => ({ query: `${query}&theme=contrast` }),
  "contrast-dark": ({ query }) => ({ query: `${query}&theme=contrast`, dark: true }),
};

export const states = STATES.map((state) => ({ size: SMALL, ...state }));

/** The states, each in the looks that it is worth looking at in. */
export const pictures = STATES.flatMap(({ also = [], ...state }) => {
  const plain = { size: SMALL, ...state };
  return [plain, ...also.map((look) => ({ ...plain, ...LOOKS[look](plain), name: `${plain.name}-${look}` }))];
});

/** The main screens, which are looked at in other scripts, other directions and longer words. */
export const MAIN = ["board-offline", "board-more-filters", "board-selected", "board-attendants", "front-desk-panel", "radio-understood", "board-compact", "board-menu", "details", "add-task", "shortcuts", "person", "settings", "settings-keys", "frontdesk", "sync", "conflict", "story", "summary", "report", "stale", "setup", "setup-connect", "who", "who-pin-wrong", "locked", "trouble"];

/** Every view and every dialog once: their trees are kept, and Tab walks through them. */
export const VIEWS = [
  "board-light", "board", "cockpit-offline", "suggestions-look", "board-more-filters", "board-attendants", "board-views", "board-menu",
  "details", "reassign", "inspect", "add-task", "add-task-people", "shortcuts", "person", "settings", "settings-keys", "hold-ask",
  "frontdesk", "front-desk-panel", "front-desk-claim", "front-desk-queue",
  "sync", "sync-give-up", "carry-export", "carry-import", "conflict", "conflict-look", "story", "playbook", "summary", "report",
  "stale", "stale-go-on", "emergency-prolong", "setup", "setup-connect", "who", "who-pin", "who-pin-wrong", "locked", "change-pin", "trouble",
];

/** Where Tab walks besides: something stands over or before the view. */
export const WALKS = ["board-selected-done", "board-notices", "board-compact", "board-filters-narrow", "conflict-narrow", "sync-narrow", "emergency", "cockpit-front-desk-narrow"];
