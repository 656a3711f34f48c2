// A small WebDriver client, enough to hold Turndown's real windows: it talks straight to WebKitWebDriver over one
// kept-alive connection. (tauri-driver would stand between and adds only a renamed capability; a proxy that closes its
// connections loses commands, which looks like a flaky app.)
//
// Whatever waits, waits for a condition. Every driver gets a free port of its own, and must still be our child when it
// answers: a driver that somebody left running would otherwise answer for ours.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { endWithUs, hasEnded } from './processes.mjs'

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'
const LOOK_AGAIN_MS = 25
const KEYS = {
  Backspace: '\uE003', Tab: '\uE004', Enter: '\uE007', Shift: '\uE008', Control: '\uE009', Alt: '\uE00A',
  Escape: '\uE00C', Space: ' ', PageUp: '\uE00E', PageDown: '\uE00F', End: '\uE010', Home: '\uE011',
  ArrowLeft: '\uE012', ArrowUp: '\uE013', ArrowRight: '\uE014', ArrowDown: '\uE015',
  F2: '\uE032', F6: '\uE036', F8: '\uE038',
}
/** A window that has not answered by now never will; better said here than by the reader's patience. */
const COMMAND_MS_MAX = 60_000

/** A port that nobody listens on just now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** Looks until `condition` gives something true, and returns that. An error thrown by it counts as "not yet". */
export async function waitFor(what, condition, { timeoutMs = 20_000, everyMs = LOOK_AGAIN_MS } = {}) {
  const deadline = performance.now() + timeoutMs
  let last
  do {
    try {
      const value = await condition()
      if (value) return value
      last = undefined
    } catch (error) {
      // An app that the driver has let go of does not come back to it.
      if (error.code === 'invalid session id') throw error
      last = error
    }
    await pause(everyMs)
  } while (performance.now() < deadline)
  throw new Error(`waited ${timeoutMs} ms for ${what}${last ? `; last: ${last.message}` : ''}`)
}

export class WebDriverError extends Error {
  constructor({ error, message }) {
    super(`${error}: ${message}`)
    this.code = error
  }
}

/** WebKitWebDriver, running. The app it starts inherits `env`. */
export class Driver {
  #child
  #base
  #output = ''

  static async start({ env = {}, log = () => {} } = {}) {
    const driver = new Driver()
    const port = await freePort()
    driver.#base = `http://127.0.0.1:${port}`
    driver.#child = spawn('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
      env: {
        ...process.env,
        // Where there is no graphics device the app switches accelerated compositing off; WebKit then never answers
        // a request for a screenshot. A value set here is one that the app respects.
        WEBKIT_DISABLE_COMPOSITING_MODE: '0',
        ...env,
        // Without this the app does not let itself be driven, and the session never begins.
        TAURI_WEBVIEW_AUTOMATION: 'true',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [driver.#child.stdout, driver.#child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (text) => {
        driver.#output = (driver.#output + text).slice(-20_000)
        log(text)
      })
    }
    driver.#child.on('error', (error) => (driver.#output += error.message))
    const { pid } = driver.#child
    if (pid !== undefined) {
      endWithUs(pid)
      driver.#child.once('exit', () => hasEnded(pid))
    }
    await waitFor('WebKitWebDriver to answer', () => driver.call('GET', '/status'))
    return driver
  }

  /** What the driver and the app wrote lately. */
  get output() {
    return this.#output
  }

  async call(method, path, body) {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined)
      throw new Error(`WebKitWebDriver is not running\n${this.#output}`)
    const response = await fetch(this.#base + path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: method === 'POST' ? JSON.stringify(body ?? {}) : undefined,
      signal: AbortSignal.timeout(COMMAND_MS_MAX),
    }).catch((error) => {
      throw new Error(`no answer to ${method} ${path}: ${error.message}\n${this.#output}`)
    })
    const { value } = await response.json()
    if (!response.ok) throw new WebDriverError(value)
    return value
  }

  /** Starts the app and takes hold of its windows. */
  async open(binary, args = []) {
    const value = await this.call('POST', '/session', {
      capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { binary, args } } },
    })
    const pid = this.#children().find((child) => readlinkSync(`/proc/${child}/exe`) === realpathSync(binary))
    if (pid !== undefined) endWithUs(pid)
    return new Session(this, value.sessionId, pid)
  }

  #children() {
    const { pid } = this.#child
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number)
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill()
    await ended
  }
}

/** The app, held. Methods act on the window switched to last. */
export class Session {
  #driver
  #path
  /** The app's own process. */
  pid

  constructor(driver, id, pid) {
    this.#driver = driver
    this.#path = `/session/${id}`
    this.pid = pid
  }

  #get = (path) => this.#driver.call('GET', this.#path + path)
  #post = (path, body) => this.#driver.call('POST', this.#path + path, body)

  /** Runs a function in the page with the arguments given (JSON only), and returns what it returns. */
  execute(fn, ...args) {
    return this.#post('/execute/sync', { script: `return (${fn}).apply(null, arguments)`, args })
  }

  /** The same for a function that returns a promise. */
  async executeAsync(fn, ...args) {
    const script = `
      const done = arguments[arguments.length - 1];
      const given = Array.prototype.slice.call(arguments, 0, -1);
      Promise.resolve().then(() => (${fn}).apply(null, given))
        .then((value) => done({ value }), (error) => done({ error: String(error && error.message || JSON.stringify(error)) }))`
    const { value, error } = await this.#post('/execute/async', { script, args })
    if (error !== undefined) throw new Error(error)
    return value
  }

  async #find(using, value) {
    const found = await this.#post('/elements', { using, value })
    return found.map((element) => new Element(this.#driver, this.#path, element[ELEMENT]))
  }

  /** All elements that match now. */
  all(css) {
    return this.#find('css selector', css)
  }

  /** The first element that matches, as soon as there is one. */
  get(css, options) {
    return waitFor(`${css}`, async () => (await this.all(css))[0], options)
  }

  /** Whether anything matches now. */
  async has(css) {
    return (await this.all(css)).length > 0
  }

  /**
   * Clicks what matches, as soon as a person could: it is in sight, at rest, and nothing covers it. The driver's own click
   * brings it into sight, works out the place and presses there in one go; a menu that is still finding its place has
   * another item there by then.
   */
  async click(css, options) {
    const place = await waitFor(`a click on ${css}`, () => this.executeAsync(async (css) => {
      const frame = () => new Promise((done) => requestAnimationFrame(done))
      const look = () => {
        const element = document.querySelector(css)
        const box = element?.getClientRects()[0]
        if (box === undefined || element.matches(':disabled')) return null
        const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)]
        const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)]
        const [x, y] = [Math.floor((left + right) / 2), Math.floor((top + bottom) / 2)]
        const there = document.elementFromPoint(x, y)
        return { element, x, y, isThere: there !== null && element.contains(there) }
      }
      const first = look()
      if (first === null) return null
      if (!first.isThere) first.element.scrollIntoView({ block: 'nearest', inline: 'nearest' })
      await frame()
      await frame()
      const then = look()
      return then !== null && then.isThere && then.element === first.element && then.x === first.x && then.y === first.y ? { x: then.x, y: then.y } : null
    }, css), options)
    const press = [{ type: 'pointerMove', duration: 0, origin: 'viewport', ...place }, { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }]
    await this.#post('/actions', { actions: [{ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions: press }] })
  }

  /** The whole page's visible text. */
  text() {
    return this.execute(() => document.body.innerText)
  }

  /** Waits until the page shows this text (a string or an expression). */
  waitForText(wanted, options) {
    const shown = (text) => (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text))
    return waitFor(`the text ${wanted}`, async () => shown(await this.text()), options)
  }

  /** Types into whatever has the focus. */
  async type(text) {
    const actions = [...text].flatMap((value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }])
    await this.#post('/actions', { actions: [{ type: 'key', id: 'keyboard', actions }] })
  }

  /** Presses keys: a modifier chord is written ['Control', 'k']. */
  async press(...keys) {
    const values = keys.map((key) => KEYS[key] ?? key)
    const actions = [
      ...values.map((value) => ({ type: 'keyDown', value })),
      ...values.toReversed().map((value) => ({ type: 'keyUp', value })),
    ]
    await this.#post('/actions', { actions: [{ type: 'key', id: 'keyboard', actions }] })
  }

  handles() {
    return this.#get('/window/handles')
  }

  switchTo(handle) {
    return this.#post('/window', { handle })
  }

  url() {
    return this.#get('/url')
  }

  /** Switches to the window whose address ends in this, as soon as it is there. */
  async switchToWindow(ending, options) {
    await waitFor(`a window at ${ending}`, async () => {
      for (const handle of await this.handles()) {
        await this.switchTo(handle)
        if ((await this.url()).endsWith(ending)) return true
      }
      return false
    }, options)
  }

  /** Writes what the window shows to a PNG file. */
  async screenshot(file) {
    writeFileSync(file, Buffer.from(await this.#get('/screenshot'), 'base64'))
  }

  /** Ends the session, and the app with it, as a kill would. */
  async close() {
    await this.#driver.call('DELETE', this.#path)
  }

  /** Ends the app at once, as a power cut would. */
  async kill() {
    process.kill(this.pid, 'SIGKILL')
    await this.ended()
  }

  /** Waits until the app's process is gone. */
  async ended(options) {
    await waitFor('the app to end', () => {
      try {
        return readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1][0] === 'Z'
      } catch {
        return true
      }
    }, options)
    hasEnded(this.pid)
  }
}

/** An element of the page. */
export class Element {
  #driver
  #path

  constructor(driver, session, id) {
    this.#driver = driver
    this.#path = `${session}/element/${id}`
  }

  text() {
    return this.#driver.call('GET', `${this.#path}/text`)
  }

  enabled() {
    return this.#driver.call('GET', `${this.#path}/enabled`)
  }

  attribute(name) {
    return this.#driver.call('GET', `${this.#path}/attribute/${name}`)
  }

  /** What it is and what it is called, as WebKit tells a screen reader. */
  async heard() {
    const [role, name] = await Promise.all([
      this.#driver.call('GET', `${this.#path}/computedrole`),
      this.#driver.call('GET', `${this.#path}/computedlabel`),
    ])
    // Numbers stand between marks that keep their direction.
    return { role, name: name.replace(/[\u2066-\u2069]/g, '').replace(/\s+/g, ' ').trim() }
  }

  clear() {
    return this.#driver.call('POST', `${this.#path}/clear`)
  }

  type(text) {
    return this.#driver.call('POST', `${this.#path}/value`, { text })
  }
}
