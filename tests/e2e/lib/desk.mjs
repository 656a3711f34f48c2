// The desktop in a person's hands: its windows, its tiles, its pill, and the ways by mouse and by keyboard to do
// something to a room. Whatever the screen called saved is written into a list, with which the service is compared.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './processes.mjs'
import { program } from './places.mjs'
import { Driver, waitFor } from './webdriver.mjs'

const APP = program('turndown')
/** A machine with two busy cores is slow at times; nothing here waits longer than it must. */
const PATIENT = { timeoutMs: 60_000 }

export const id = (name) => `[data-testid="${name}"]`
const tileOf = (room) => `${id('tile')}[data-room="${room}"]`

export class Desk {
  #world
  #driver
  #boardWindow
  #bulks = 0
  /** What the screen said is saved: `{room, action, actor, offline}`, in order. */
  saved = []
  /** The staff id of who is working. */
  person = null
  /** Whether the desk takes itself to be offline; what is done meanwhile is marked so. */
  offline = false

  constructor(world, folder) {
    this.#world = world
    this.folder = folder
  }

  get database() {
    return join(this.folder, 'desk.db')
  }

  /** Starts the app and takes hold of its board window. */
  async start(env = {}) {
    mkdirSync(join(this.folder, '..', 'home'), { recursive: true })
    const home = join(this.folder, '..', 'home')
    this.#driver = await Driver.start({
      env: {
        ...this.#world.display,
        HOME: home,
        XDG_DATA_HOME: join(home, 'data'),
        XDG_CONFIG_HOME: join(home, 'config'),
        XDG_CACHE_HOME: join(home, 'cache'),
        TURNDOWN_DATA_DIR: this.folder,
        TURNDOWN_KEYS: 'file',
        ...env,
      },
      log: (text) => this.#world.log('app.log', text),
    })
    this.app = await this.#driver.open(APP)
    const [handle] = await this.app.handles()
    this.#boardWindow = handle
    await waitFor('the first screen', () => this.app.execute(() => document.querySelector('#root')?.childElementCount > 0), PATIENT)
    return this
  }

  get output() {
    return this.#driver?.output ?? ''
  }

  /** A power cut. */
  async kill() {
    await this.app.kill()
    await this.#letGo()
  }

  /** The orderly end that a desktop asks for at logout. */
  async quit() {
    process.kill(this.app.pid, 'SIGTERM')
    await this.app.ended(PATIENT)
    await this.#letGo()
  }

  /** The processes that the web engine has for the app's pages. */
  async pages() {
    const { pid } = this.app
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number)
    return children.filter((child) => readFileSync(`/proc/${child}/comm`, 'utf8').startsWith('WebKitWebProces'))
  }

  async #letGo() {
    this.app = undefined
    await this.#driver.stop()
  }

  /** Ends whatever is left of it. */
  async end() {
    if (this.app !== undefined) await this.app.kill().catch(() => {})
    await this.#driver?.stop()
  }

  // --- windows --------------------------------------------------------------------------------------------------

  async board() {
    await this.app.switchTo(this.#boardWindow)
    await this.#toFront('board')
  }

  async openFrontDesk() {
    await this.app.click(id('open-front-desk'), PATIENT)
    await this.frontDesk()
    await this.app.get(id('rack-room'), PATIENT)
  }

  async frontDesk() {
    await this.app.switchToWindow('front-desk', PATIENT)
    await this.#toFront('front-desk')
  }

  /** Looks from the board into the front desk's window, which is open, and leaves the keyboard where it is. */
  async glance(look) {
    await this.app.switchToWindow('front-desk', PATIENT)
    try {
      return await look()
    } finally {
      await this.app.switchTo(this.#boardWindow)
    }
  }

  /** Looks from the front desk into the board's window, and leaves the keyboard where it is. */
  async glanceAtBoard(look) {
    await this.app.switchTo(this.#boardWindow)
    try {
      return await look()
    } finally {
      await this.app.switchToWindow('front-desk', PATIENT)
    }
  }

  // The driver holds a window without touching which one the keyboard belongs to; a person would have clicked into it.
  async #toFront(name) {
    const isInFront = () => this.app.execute(() => document.hasFocus())
    if (await isInFront()) return
    await this.app.executeAsync((name) => window.__TAURI_INTERNALS__.invoke('open_window', { name }), name)
    await waitFor(`the window ${name} in front`, isInFront, PATIENT)
  }

  /** A picture of the window that is held, once its fonts are there and it has been drawn. */
  async picture(name) {
    await this.app.executeAsync(() =>
      document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))),
    )
    await this.app.screenshot(this.#world.pictureFile(name))
  }

  async theme(name) {
    await this.app.click(id('person'))
    await this.app.click(id(`theme-${name}`))
    await waitFor(`the ${name} theme`, () => this.app.execute((name) => document.documentElement.dataset.scheme === name, name))
    await waitFor('the menu to close', async () => !(await this.app.has(id(`theme-${name}`))))
  }

  // --- set-up ---------------------------------------------------------------------------------------------------

  /** Connects with address and code, as a person types them, and stops at the hotel's name. */
  async findHotel(address, code) {
    if (!(await this.app.has(id('setup-address')))) await this.app.click(id('setup-connect'), PATIENT)
    await this.fill(id('setup-address'), address)
    await this.fill(id('setup-code'), code)
    await this.app.click(id('setup-find'))
  }

  async connect(address, code) {
    await this.findHotel(address, code)
    await this.app.click(id('setup-confirm'), PATIENT)
    await this.app.get(id('who'), PATIENT)
  }

  /** Says who is working by typing the name and pressing Enter. */
  async work(person) {
    await this.chooseName(person)
    await this.app.get(id('tile'), PATIENT)
    this.person = person.id
    this.saved.push({ room: null, action: 'sign_in', actor: person.id, offline: this.offline })
  }

  /** Types a PIN where it is asked for, and presses Enter. */
  async typePin(pin) {
    await this.fill(id('pin'), pin)
    await this.app.press('Enter')
  }

  /** The same where it is theirs: the board is there, which a locked desk only hides. */
  async signIn(person, pin) {
    await this.typePin(pin)
    await waitFor('the desk to open', async () => !(await this.app.has(id('pin'))), PATIENT)
    await this.app.get(id('tile'), PATIENT)
    this.person = person.id
    this.note({ action: 'sign_in' })
  }

  /** Chooses a name by typing it and pressing Enter. */
  async chooseName(person) {
    await this.app.click(id('staff-search'), PATIENT)
    await this.app.type(person.name)
    await waitFor(`${person.name} alone in the list`, async () => {
      const ids = await this.app.execute((css) => [...document.querySelectorAll(css)].map((each) => each.dataset.staff), id('staff-choice'))
      return ids.length === 1 && ids[0] === person.id
    })
    await this.app.press('Enter')
  }

  /** By keyboard, from the first page to the board: address, code and name, as a person types them. */
  async beginByKeys(address, code, person) {
    const at = (mark) => waitFor(`the focus on ${mark}`, async () => (await this.focused())?.testid === mark, PATIENT)
    await this.app.get(id('setup'), PATIENT)
    await this.tabTo('setup-connect')
    await this.app.press('Enter')
    await at('setup-address')
    await this.app.type(address)
    await this.app.press('Tab')
    await at('setup-code')
    await this.app.type(code)
    await this.app.press('Enter')
    await this.app.get(id('setup-found'), PATIENT)
    await at('setup-confirm')
    await this.app.press('Enter')
    await this.app.get(id('who'), PATIENT)
    await at('staff-search')
    await this.app.type(person.name)
    await waitFor('one name left', () => this.app.execute((css) => document.querySelectorAll(css).length === 1, id('staff-choice')))
    await this.app.press('Enter')
    await this.app.get(id('tile'), PATIENT)
    this.person = person.id
    this.note({ action: 'sign_in' })
  }

  // --- what is seen ---------------------------------------------------------------------------------------------

  /** The pill as it stands. */
  pill() {
    return this.app.execute((css) => {
      const pill = document.querySelector(css)
      if (pill === null) return null
      const { tone, state, mode, waiting, attention } = pill.dataset
      return { tone, state, mode, waiting: Number(waiting), attention: Number(attention), text: pill.innerText.replace(/\s+/g, ' ').trim() }
    }, id('pill'))
  }

  async waitForPill(what, fits, options = PATIENT) {
    let last
    try {
      return await waitFor(`the pill: ${what}`, async () => {
        last = await this.pill()
        return last !== null && fits(last) ? last : false
      }, options)
    } catch (error) {
      throw new Error(`${error.message}; it says ${JSON.stringify(last)}`, { cause: error })
    }
  }

  waitUntilCalm() {
    return this.waitForPill('up to date', (pill) => pill.tone === 'good' && pill.waiting === 0 && /up to date/i.test(pill.text))
  }

  /** The room's tile, if it is in the page: what it says of itself. */
  tile(room) {
    return this.app.execute((css) => {
      const tile = document.querySelector(css)
      if (tile === null) return null
      const { column, status, local, cannot, contested, task } = tile.dataset
      const primary = tile.querySelector('[data-do=primary]')?.dataset.action ?? null
      return { column, status, local, cannot, contested: contested !== undefined, task, primary, words: tile.getAttribute('aria-label'), text: tile.innerText }
    }, tileOf(room))
  }

  waitForTile(room, what, fits) {
    return waitFor(`room ${room}: ${what}`, async () => {
      const tile = await this.tile(room)
      return tile !== null && fits(tile) ? tile : false
    }, PATIENT)
  }

  /** How many tiles each lane counts. */
  lanes() {
    return this.app.execute((css) => Object.fromEntries([...document.querySelectorAll(css)].map((lane) => [lane.dataset.column, Number(lane.dataset.count)])), id('lane'))
  }

  /** What the announcer has in its live regions just now. */
  spoken() {
    return this.app.execute(() => [...document.querySelectorAll('.live-region')].map((each) => each.innerText).join('\n'))
  }

  /** Whether anything has the keyboard's focus; the page's body is nothing. */
  async mustHaveFocus(after) {
    await waitFor(`the focus to be somewhere ${after}`, () => this.app.execute(() => document.activeElement !== null && document.activeElement !== document.body), { timeoutMs: 10_000 })
  }

  focused() {
    return this.app.execute(() => {
      const at = document.activeElement
      return at === null ? null : { tag: at.tagName, testid: at.dataset?.testid ?? null, room: at.dataset?.room ?? null, column: at.dataset?.column ?? null, id: at.id }
    })
  }

  /** The front-desk window's row of a room, if it is in the page. */
  rackRow(room) {
    return this.app.execute((css) => {
      const row = document.querySelector(css)
      if (row === null) return null
      const { safe, cleanliness, occupancy, local, contested } = row.dataset
      return { safe: safe === 'true', cleanliness, occupancy, local, contested: contested !== undefined, words: row.getAttribute('aria-label') }
    }, `${id('rack-room')}[data-room="${room}"]`)
  }

  waitForRack(room, what, fits) {
    let last
    return waitFor(`the front desk's room ${room}: ${what}`, async () => {
      last = await this.rackRow(room)
      return last !== null && fits(last) ? last : false
    }, PATIENT).catch((error) => {
      throw new Error(`${error.message}; it says ${JSON.stringify(last)}`, { cause: error })
    })
  }

  /** The sum on top of the Sync Center. */
  ledger() {
    return this.app.execute((css) => {
      const ledger = document.querySelector(css)
      if (ledger === null) return null
      const value = (name) => Number(ledger.querySelector(`[data-testid="ledger-${name}"]`).dataset.value)
      const cells = Object.fromEntries(['all', 'acknowledged', 'waiting', 'attention', 'discarded'].map((name) => [name, value(name)]))
      return { ...cells, balanced: ledger.dataset.balanced === 'true' }
    }, id('ledger'))
  }

  /** The Sync Center's rows that are in the page, from top to bottom. */
  rows() {
    return this.app.execute((css) => [...document.querySelectorAll(css)].map((row) => ({
      event: row.dataset.event,
      state: row.dataset.state,
      room: row.dataset.room,
      what: row.querySelector('.outbox-what').innerText.replace(/[\u2066-\u2069]/g, ''),
      tries: Number(row.querySelector('.outbox-tries').innerText),
      code: row.querySelector('.outbox-why .code')?.innerText ?? null,
      can: [...row.querySelectorAll('button')].map((each) => each.dataset.testid),
      text: row.innerText.replace(/[\u2066-\u2069]/g, ''),
    })), id('outbox-row'))
  }

  /** The resolver as it stands: its fields with both sides, what is chosen, and how many are left. */
  conflict() {
    return this.app.execute((css) => {
      const resolver = document.querySelector(css)
      if (resolver === null) return null
      const words = (part, css) => part.querySelector(css)?.innerText.trim() ?? null
      const fields = [...resolver.querySelectorAll('fieldset[data-field]')].map((row) => ({
        path: row.dataset.field,
        chosen: row.dataset.chosen,
        asksAgain: row.querySelector('.versus-again') !== null,
        mine: words(row, '[data-side=mine] .versus-value'),
        theirs: words(row, '[data-side=theirs] .versus-value'),
        result: words(row, '.versus-result bdi'),
        text: row.innerText.replace(/[\u2066-\u2069]/g, ''),
      }))
      const field = (end) => fields.find((each) => each.path.endsWith(end))
      return {
        room: resolver.dataset.entity,
        left: Number(resolver.querySelector('[data-testid=conflict-left]').dataset.left),
        told: words(resolver, '.resolver-summary'),
        done: [...resolver.querySelectorAll('[aria-labelledby=done-here] li')].map((each) => each.innerText),
        fields,
        assignee: field('/assignee'),
        status: field('/status'),
        note: field('/note'),
      }
    }, id('conflict'))
  }

  waitForConflict(what, fits) {
    let last
    return waitFor(`the resolver: ${what}`, async () => {
      last = await this.conflict()
      return last !== null && fits(last) ? last : false
    }, PATIENT).catch((error) => {
      throw new Error(`${error.message}; it says ${JSON.stringify(last)}`, { cause: error })
    })
  }

  // --- what is done ---------------------------------------------------------------------------------------------

  /** Puts text in the place of what a field has. */
  async fill(css, text) {
    await this.app.click(css, PATIENT)
    await this.app.press('Control', 'a')
    if (text === '') await this.app.press('Backspace')
    else await this.app.type(text)
    await waitFor(`"${text}" in ${css}`, () => this.app.execute((css, text) => document.querySelector(css)?.value === text, css, text))
  }

  /** Narrows the board to the rooms whose number begins so, or shows all again. */
  async search(text) {
    await this.fill(id('board-search'), text)
  }

  async #shows(wanted) {
    const shown = await waitFor(`the screen to say "${wanted}"`, async () => {
      const shown = await this.app.execute((css) => {
        const shown = document.querySelector(css)
        // Numbers stand between marks that keep their direction.
        return shown === null ? null : { tone: shown.dataset.tone, text: shown.innerText.replace(/[\u2066-\u2069]/g, '') }
      }, id('message'))
      return shown !== null && (shown.tone === 'trouble' || shown.text.includes(wanted)) ? shown : false
    }, PATIENT)
    if (shown.tone === 'trouble') throw new Error(`instead of "${wanted}" the screen says "${shown.text}"`)
  }

  /** Waits until the screen says that it is saved, and writes that down. */
  async said(room, action, words, { actor = this.person, more = {} } = {}) {
    await this.#shows(`Room ${room}: ${words}`)
    this.saved.push({ room, action, actor, offline: this.offline, ...more })
    await this.mustHaveFocus(`after ${action} of room ${room}`)
  }

  /**
   * Waits until the screen says of several rooms at once that it is saved, and writes that down as done together: one
   * action for all, or one for each.
   */
  async saidOfMany(rooms, action, words) {
    await this.#shows(`${rooms.length} rooms: ${words}`)
    const together = this.#bulks += 1
    for (const [at, room] of rooms.entries()) {
      this.saved.push({ room, action: Array.isArray(action) ? action[at] : action, actor: this.person, offline: this.offline, together })
    }
    await this.mustHaveFocus(`after "${words}" of ${rooms.length} rooms`)
  }

  /** Waits until the screen says why something was not done, and closes that message as a person would. */
  async refused(wanted) {
    const message = `${id('message')}[data-tone="trouble"]`
    const said = await waitFor(`the screen to say "${wanted}"`, async () => {
      const said = await this.app.execute((css) => document.querySelector(css)?.innerText.replace(/[\u2066-\u2069]/g, ''), message)
      return said !== undefined && said !== null && said.includes(wanted) ? said : false
    }, PATIENT)
    await this.app.click(`${message} button[aria-label="Close"]`)
    await waitFor('the message to go', async () => !(await this.app.has(message)))
    return said
  }

  /** Has the room's tile in the page, as a person would who does not see it: by searching for it. */
  async #bring(room) {
    if ((await this.tile(room)) === null) await this.search(room)
  }

  /** By mouse: the tile's own button. */
  async press(room, verb, words) {
    await this.#bring(room)
    await this.waitForTile(room, `its button does ${verb}`, (tile) => tile.primary === verb)
    await this.app.click(`${tileOf(room)} ${id('tile-primary')}[data-action="${verb}"]`)
    if (words !== undefined) await this.said(room, verb, words)
  }

  /** By mouse: a verb of the tile's menu. */
  async menu(room, verb, words, action = verb) {
    await this.#bring(room)
    await this.waitForTile(room, 'its tile', () => true)
    await this.app.click(`${tileOf(room)} ${id('tile-menu')}`)
    await this.app.click(id(`menu-${verb}`))
    if (words !== undefined) await this.said(room, action, words)
  }

  /** By keyboard: goes to the room by typing its number, then presses the verb's letter. */
  async key(room, letter, action, words) {
    await this.goTo(room)
    await this.app.press(letter)
    if (words === undefined) return
    await this.said(room, action, words)
    // The focus goes on when the tile goes to its new place, which may be a frame after the words.
    await waitFor(`room ${room} to have gone to its new place`, async () => (await this.tile(room))?.primary !== action, PATIENT)
  }

  /** By keyboard: the focus to a room's tile, wherever on the board it is. */
  async goTo(room) {
    const searched = await this.app.execute((css) => document.querySelector(css).value, id('board-search'))
    if (!room.startsWith(searched)) await this.search('')
    await this.intoBoard()
    // Each look types it anew: a slow machine can stretch the digits over more time than one number may take.
    await waitFor(`the focus on room ${room}`, async () => {
      const at = await this.focused()
      if (at.testid === 'tile' && at.room === room) return true
      await this.app.type(room)
      return false
    }, { ...PATIENT, everyMs: 1_300 })
  }

  /** By keyboard: Tab until the focus is on a tile. */
  async intoBoard() {
    for (let presses = 0; presses < 40; presses += 1) {
      if ((await this.focused())?.testid === 'tile') return
      await this.app.press('Tab')
    }
    throw new Error(`Tab never led to a tile; the focus is on ${JSON.stringify(await this.focused())}`)
  }

  /** By mouse: gives the task to the first other attendant on the list, and says whom. */
  async reassign(room) {
    await this.menu(room, 'reassign')
    await this.app.get(id('dialog-reassign'))
    const name = await this.app.execute((css) => {
      const free = [...document.querySelectorAll(css)].find((each) => each.getAttribute('aria-disabled') === null)
      return free.querySelector('.people-name').innerText
    }, id('assign-choice'))
    await this.app.click(`${id('assign-choice')}:not([aria-disabled])`)
    await this.said(room, 'reassign', `assigned to ${name}`)
    return name
  }

  /** By keyboard: gives the task to this person, by name. */
  async reassignByKeys(room, person) {
    await this.key(room, 'a')
    await this.app.get(id('dialog-reassign'))
    await this.app.type(person.name)
    await waitFor('one name left', () => this.app.execute((css) => document.querySelectorAll(css).length === 1, id('assign-choice')))
    await this.app.press('Enter')
    await this.said(room, 'reassign', `assigned to ${person.name}`)
  }

  /** By mouse: passes, fails or skips the inspection. */
  async inspect(room, result, reason) {
    await this.press(room, 'inspect')
    await this.app.click(id(`inspect-${result}`))
    if (reason !== undefined) {
      await this.fill(id('reason'), reason)
      await this.app.click(id('reason-confirm'))
    }
    const words = { pass: 'passed inspection', fail: 'failed inspection', skip: 'inspection skipped' }[result]
    await this.said(room, 'inspect', words, { more: { result } })
  }

  /** By keyboard: the same. */
  async inspectByKeys(room, result, reason) {
    await this.key(room, 'i')
    await this.app.get(id('dialog-inspect'))
    await this.tabTo(`inspect-${result}`)
    await this.app.press('Enter')
    if (reason !== undefined) {
      await this.app.get(id('dialog-reason'))
      await this.tabTo('reason')
      await this.app.type(reason)
      await this.app.press('Enter')
    }
    const words = { pass: 'passed inspection', fail: 'failed inspection', skip: 'inspection skipped' }[result]
    await this.said(room, 'inspect', words, { more: { result } })
  }

  /** By keyboard: Tab until the focus is on what carries this mark. */
  async tabTo(mark) {
    for (let presses = 0; presses < 40; presses += 1) {
      if ((await this.focused())?.testid === mark) return
      await this.app.press('Tab')
    }
    throw new Error(`Tab never led to ${mark}; the focus is on ${JSON.stringify(await this.focused())}`)
  }

  /** By mouse: a note for whoever comes to the room. */
  async writeNote(room, text) {
    await this.menu(room, 'note')
    await this.fill(id('note'), text)
    await this.app.click(id('note-save'))
    await this.said(room, 'note', 'note written')
  }

  /** By keyboard: to the Sync Center. */
  async syncCenter() {
    await this.app.press('Control', 'j')
    await this.app.get(id('sync-center'), PATIENT)
  }

  /** By mouse: shows the rows that a number of the sum stands for. */
  async filter(name) {
    const cell = id(`ledger-${name}`)
    await this.app.click(cell, PATIENT)
    await waitFor(`the rows of "${name}"`, () => this.app.execute((css) => document.querySelector(css).getAttribute('aria-pressed') === 'true', cell))
  }

  /** By mouse: from the Sync Center into a room's conflict. */
  async openConflict(room) {
    await this.app.click(`${id('conflict-card')}[data-entity="${room}"] ${id('decide')}`, PATIENT)
    return this.waitForConflict(`room ${room}`, (conflict) => conflict.room === room)
  }

  /** By mouse: one side of one field of the conflict that is open. */
  async choose(path, side) {
    await this.app.click(`${id('choice')}[data-path="${path}"][data-side="${side}"]`)
    return this.waitForConflict(`${side} for ${path}`, (conflict) => conflict.fields.some((field) => field.path === path && field.chosen === side))
  }

  /** By mouse: sends the decision, which leads back to the Sync Center. */
  async sendDecision(room, more = {}) {
    await this.app.click(id('resolve'))
    await this.app.get(id('sync-center'), PATIENT)
    this.note({ room, action: 'resolve', ...more })
    await this.mustHaveFocus('after the decision')
  }

  /** By mouse: more work for a room. */
  async addTask(room, note) {
    await this.app.click(id('add-task'))
    await this.fill(id('add-room'), room)
    await this.fill(id('add-note'), note)
    await this.app.click(id('add-confirm'))
    await this.said(room, 'add_task', 'task added')
  }

  /** Writes down something that was done in a way of its own. */
  note(entry) {
    this.saved.push({ room: null, actor: this.person, offline: this.offline, ...entry })
  }

  // --- its files, while it is closed ----------------------------------------------------------------------------

  /** Runs SQL on the desk's database and returns the rows. */
  async sql(text, ...values) {
    const script = 'import json,sqlite3,sys\nc=sqlite3.connect(sys.argv[1],isolation_level=None)\nprint(json.dumps(c.execute(sys.argv[2],json.loads(sys.argv[3])).fetchall()))'
    return JSON.parse(await run('python3', ['-c', script, this.database, text, JSON.stringify(values)]))
  }

  /** The desk's own audit trail: `[local_seq, event_id, hash]`. */
  auditTrail() {
    return this.sql('SELECT local_seq, event_id, hash FROM audit_local ORDER BY local_seq')
  }

  connectionFile() {
    return join(this.folder, 'connection.json')
  }

  changeConnection(change) {
    const connection = JSON.parse(readFileSync(this.connectionFile(), 'utf8'))
    writeFileSync(this.connectionFile(), JSON.stringify({ ...connection, ...change }))
  }

  /** Everything that it logged so far, one object a line. */
  logged() {
    const folder = join(this.folder, 'logs')
    return existsSync(folder) ? this.#world.logLines(folder) : []
  }
}
