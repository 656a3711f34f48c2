// The demonstration page under the shell's policy, served to a local Chromium, for whatever looks at the screens.
// `npm run demo` builds the page. CHROMIUM names the browser's binary.

import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { chromium } from "playwright-core";

const root = new URL("../dist-demo/", import.meta.url).pathname;
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2" };

function serve() {
  return createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    const file = join(root, path === "/" ? "demo.html" : path);
    if (path === "/favicon.ico") return void response.writeHead(204).end();
    if (!existsSync(file)) return void response.writeHead(404).end();
    // The build names what it makes after its content, so a page that is opened often is read once.
    const keep = path.startsWith("/assets/") ? { "cache-control": "max-age=3600, immutable" } : {};
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream", ...keep });
    createReadStream(file).pipe(response);
  });
}

/** Opens the browser. Whoever does closes the stage again, or the process does not end. */
export async function openStage() {
  const server = serve();
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"],
  });
  return {
    browser,
    base: `http://127.0.0.1:${server.address().port}/demo.html`,
    close: async () => {
      await browser.close();
      server.close();
    },
  };
}

/** Leads a page into a state and waits until it stands still. What cannot be done on the way is said, not thrown: the
 * state is worth looking at all the same. */
export async function enter(page, base, state, { more = "", complain }) {
  await page.goto(`${base}?${state.query}${more}${state.hash ?? ""}`);
  await page.waitForSelector("#root main");
  await page.evaluate(standsStill);
  try {
    await state.act?.(page);
  } catch (error) {
    complain(error.message);
  }
  await page.evaluate(standsStill);
}

/** Until the letters are there, no view is still being fetched, and nothing in the page has changed for some frames. */
async function standsStill() {
  const FRAMES = 8;
  await document.fonts.ready;
  let quiet = 0;
  const observer = new MutationObserver(() => {
    quiet = 0;
  });
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  while (quiet < FRAMES || document.querySelector("main > [aria-busy]:empty") !== null) {
    await new Promise((frame) => {
      requestAnimationFrame(frame);
    });
    quiet += 1;
  }
  observer.disconnect();
}
