// One journey: a virtual display, folders, services and desks of its own, steps that are told as they pass, and an end
// at which everything that was started is gone.

import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { compare } from './compare.mjs'
import { Desk } from './desk.mjs'
import { OUT } from './places.mjs'
import { Running } from './processes.mjs'
import { Relay } from './relay.mjs'
import { Service } from './service.mjs'

// Otherwise a bus of its own comes with each display, and brings helpers that outlive the journey.
const NO_BUS = { DBUS_SESSION_BUS_ADDRESS: 'disabled:' }
/** What the desk's log says then. */
export const PAGE_ENDED = /page ended unexpectedly/
const WHOLE_MS_MAX = 300_000
/** Where Linux keeps files that are in memory alone. */
const MEMORY = '/dev/shm'

/**
 * Declares a journey. `walk` gets its [`World`]. Where the web engine ended a page by itself the desk goes on, which the
 * journey `20-page` shows, but the driver has let go of it: the journey is played again then, once, and says so.
 */
export function journey(name, walk) {
  const slug = name.split(':')[0].replace(/\W+/g, '-').toLowerCase()
  test(name, { timeout: WHOLE_MS_MAX }, async ({ signal }) => {
    const play = async (folder) => {
      const world = await World.make(folder)
      console.log(`\n${name}`)
      try {
        await Promise.race([walk(world), once(signal, 'abort').then(() => Promise.reject(new Error('it took too long')))])
      } catch (error) {
        await world.evidence()
        throw world.lostAPage() && /invalid session id/.test(error.message) ? new LostPage({ cause: error }) : error
      } finally {
        await world.end()
      }
    }
    await play(slug).catch((error) => {
      if (!(error instanceof LostPage)) throw error
      console.log('        The web engine ended a page by itself, and the driver let go of the app: played again, once.')
      return play(`${slug}-again`)
    })
  })
}

class LostPage extends Error {
  constructor(options) {
    super('the web engine ended a page by itself, and the driver let go of the app', options)
  }
}

export class World {
  #folder
  #screen
  #ends = []
  #desks = []
  #picture = 0

  static async make(slug) {
    const world = new World()
    world.#folder = join(OUT, slug)
    rmSync(world.#folder, { recursive: true, force: true })
    mkdirSync(world.#folder, { recursive: true })
    await world.#openScreen()
    return world
  }

  // A screen that nobody sees. The X server itself finds a number that is free.
  async #openScreen() {
    const args = ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp']
    this.#screen = new Running('Xvfb', args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], log: this.path('display.log') })
    let number = ''
    for await (const chunk of this.#screen.pipe(3)) {
      number += chunk
      if (number.includes('\n')) break
    }
    this.#screen.mustLive()
    this.display = { DISPLAY: `:${number.trim()}`, WAYLAND_DISPLAY: '', GDK_BACKEND: 'x11', NO_AT_BRIDGE: '1', ...NO_BUS }
  }

  path(...parts) {
    return join(this.#folder, ...parts)
  }

  log(file, text) {
    appendFileSync(this.path(file), text)
  }

  logLines(folder) {
    const lines = readdirSync(folder).toSorted().flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
    return lines.filter(Boolean).map((line) => JSON.parse(line))
  }

  pictureFile(name) {
    this.#picture += 1
    return this.path(`${String(this.#picture).padStart(2, '0')}-${name}.png`)
  }

  /** Does a step, and says that it passed and how long it took. */
  async step(what, work) {
    const began = performance.now()
    try {
      const value = await work()
      console.log(`  ok    ${what} (${((performance.now() - began) / 1000).toFixed(1)} s)`)
      return value
    } catch (error) {
      console.log(`  FAIL  ${what}: ${error.message}`)
      throw error
    }
  }

  say(line) {
    console.log(`        ${line}`)
  }

  atEnd(work) {
    this.#ends.push(work)
  }

  async service(options) {
    const service = await Service.start(this.path(options?.folder ?? 'service'), options)
    this.atEnd(() => service.stop())
    return service
  }

  async relay(service) {
    const relay = await Relay.open(service.port)
    this.atEnd(() => relay.cut())
    return relay
  }

  /**
   * A desk with a folder of its own; not started yet. `inMemory` where a journey records thousands of actions and is not
   * about the disk: there nothing waits for it.
   */
  desk(name = 'desk', { inMemory = false } = {}) {
    const place = inMemory && existsSync(MEMORY) ? mkdtempSync(join(MEMORY, 'turndown-')) : undefined
    if (place !== undefined) this.atEnd(async () => rmSync(place, { recursive: true, force: true }))
    const desk = new Desk(this, place === undefined ? this.path(name) : join(place, name))
    this.#desks.push(desk)
    this.atEnd(() => desk.end())
    return desk
  }

  /** Holds what the screen said is saved against what the service has, and says how much it was. */
  async compare(service, desk) {
    const count = await compare(service, desk)
    this.say(`${count} said to be saved, ${count} at the service: each once, in order, by its author`)
  }

  /** Whether a desk of this world told of a page that ended by itself. */
  lostAPage() {
    const logs = this.#desks.map((desk) => join(desk.folder, 'logs')).filter((folder) => existsSync(folder))
    return logs.some((folder) => this.logLines(folder).some(({ fields }) => PAGE_ENDED.test(fields.message)))
  }

  /** What the screens showed when it went wrong. */
  async evidence() {
    for (const desk of this.#desks) {
      if (desk.app === undefined) continue
      for (const handle of await desk.app.handles().catch(() => [])) {
        await desk.app.switchTo(handle).catch(() => {})
        await desk.app.screenshot(this.pictureFile('failed')).catch(() => {})
        const text = await desk.app.text().catch((error) => error.message)
        this.log('failed.txt', `${text}\n----\n`)
      }
    }
    // Where only this output is kept, it should say how the programs themselves ended.
    const ends = existsSync(this.path('app.log')) ? readFileSync(this.path('app.log'), 'utf8').trimEnd().split('\n').slice(-3) : []
    for (const line of ends) this.say(line.slice(0, 400))
    console.log(`        What the windows showed, and the logs, are in ${this.#folder}`)
  }

  async end() {
    for (const work of this.#ends.toReversed()) {
      await work().catch((error) => console.log(`        at the end: ${error.message}`))
    }
    await this.#screen.stop()
  }
}
