// One keyboard, many scripts (ui.md 10, lines 11 and 12): the display's layout is switched, the keys are struck at their
// places through the display, and the same places do the same things. A key that somebody changed is found at its place
// too.

import assert from 'node:assert/strict'
import { id } from './lib/desk.mjs'
import { Hand } from './lib/hand.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }
/** What the layout types with the key of S, and with that of 2. */
const LAYOUTS = [
  { name: 'ara', s: 'س', two: '2' },
  { name: 'ir', s: 'س', two: '۲' },
  { name: 'af', variant: 'ps', s: 'س', two: '۲' },
  { name: 'il', s: 'ד', two: '2' },
  { name: 'us', s: 's', two: '2' },
]

journey('Layouts: the same keys under every script, and one that was changed', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const desk = world.desk()
  const hand = new Hand(world, desk)
  const hotel = await service.hotel()
  const day = dayOf(hotel)
  const rooms = day.rooms('stayover', LAYOUTS.length)
  const [changed] = day.rooms('stayover', 1)
  const [waits] = [...hotel.rooms.values()].filter((room) => room.arrival !== undefined && room.waiting === undefined && room.claim === undefined).map((room) => room.number)

  const on = (what, fits) => waitFor(`the focus: ${what}`, async () => {
    const at = await desk.focused()
    return at !== null && fits(at) ? at : false
  }, PATIENT)
  const gone = (mark) => waitFor(`${mark} to be gone`, async () => !(await desk.app.has(id(mark))), PATIENT)
  const view = (name) => waitFor(`the view ${name}`, () => desk.app.has(id(name)), PATIENT)

  /** What the page is told of the keys that are struck, whoever takes them. */
  const listenToKeys = () => desk.app.execute(() => {
    window.struck = []
    window.addEventListener('keydown', ({ key, code }) => window.struck.push([code, key]), true)
  })
  const typed = (code) => desk.app.execute((code) => window.struck.findLast((each) => each[0] === code)?.[1], code)

  /** The focus to a room's tile, by its number struck on the row of digits. */
  const goTo = async (room) => {
    await desk.intoBoard()
    // Struck anew each time: a slow machine can stretch the digits over more time than one number may take.
    await waitFor(`the focus on room ${room}`, async () => {
      const at = await desk.focused()
      if (at.testid === 'tile' && at.room === room) return true
      await hand.strike(room)
      return false
    }, { ...PATIENT, everyMs: 1_300 })
  }
  const act = async (room, key, action, words) => {
    await goTo(room)
    await hand.strike(key)
    await desk.said(room, action, words)
    await waitFor(`room ${room} in its new place`, async () => (await desk.tile(room))?.primary !== action, PATIENT)
  }

  await step('a desk at work', async () => {
    await desk.start()
    await desk.connect(service.url, await service.code())
    await desk.work(day.lead)
    await desk.waitUntilCalm()
    await listenToKeys()
    await hand.turnTo(await hand.window('Turndown'))
  })

  for (const [at, { name, variant, s, two }] of LAYOUTS.entries()) {
    const room = rooms[at]
    await step(`${name}${variant === undefined ? '' : ` (${variant})`}: a room by its digits, S, C, undone, M, ?, /, and from view to view`, async () => {
      await hand.layout(name, variant)
      await act(room, 's', 'start', 'started')
      assert.equal(await typed('KeyS'), s, `the layout ${name} is not the one that types`)
      await hand.strike('2')
      await waitFor(`the 2 of ${name}`, async () => (await typed('Digit2')) === two)
      await act(room, 'c', 'complete', 'completed')
      await hand.strike('z', 'ctrl')
      await waitFor('the screen to say so', async () => (await desk.app.execute((css) => document.querySelector(css)?.innerText ?? '', id('message'))).includes('undone'), PATIENT)
      desk.note({ room, action: 'undo' })
      await desk.waitForTile(room, 'in progress again', (tile) => tile.column === 'inProgress')
      await goTo(room)
      await hand.strike('m')
      await view('tile-menu-list')
      await hand.key('Escape')
      await gone('tile-menu-list')
      await on('the tile', (focus) => focus.room === room)
      await hand.strike('/', 'shift')
      await view('shortcuts')
      await hand.key('Escape')
      await gone('shortcuts')
      await hand.strike('/')
      await on('the search', (focus) => focus.testid === 'board-search')
      await hand.strike('j', 'ctrl')
      await view('sync-center')
      await hand.strike('gb')
      await view('board')
      await hand.strike('gs')
      await view('sync-center')
      await hand.strike('gb')
      await view('board')
      await desk.mustHaveFocus(`under ${name}`)
    })
  }

  await step('S is given to the key of X, by keys alone', async () => {
    await desk.intoBoard()
    await hand.strike('/', 'shift')
    await view('shortcuts')
    await desk.tabTo('change-keys')
    await hand.key('Return')
    await view('single-keys')
    await desk.tabTo('key-start')
    await hand.key('Return')
    await hand.strike('c')
    await desk.app.waitForText(/C\W* is taken: Complete/, PATIENT)
    await hand.strike('x')
    const shows = () => desk.app.execute((css) => document.querySelector(css).innerText.replace(/\s+/g, ' ').trim(), id('key-start'))
    await waitFor('the key X', async () => (await shows()) === 'Start or resume X', PATIENT)
    await desk.picture('changed')
    await hand.key('Escape')
    await gone('settings')
    await desk.mustHaveFocus('after the settings')
  })

  await step('under another script X starts the room, S does nothing, and the sheet says X', async () => {
    await hand.layout('il')
    await goTo(changed)
    await hand.strike('s')
    await desk.waitForTile(changed, 'still dirty', (tile) => tile.column === 'dirty' && tile.local === 'server')
    await act(changed, 'x', 'start', 'started')
    await goTo(changed)
    await hand.strike('/', 'shift')
    await desk.app.waitForText(/X\s+Start or resume/, PATIENT)
    await desk.picture('sheet')
    await hand.key('Escape')
    await gone('shortcuts')
  })

  await step('Q, where Hebrew has the slash, is Q at the front desk', async () => {
    await desk.goTo(changed)
    await hand.strike('gf')
    await desk.frontDesk()
    await desk.app.get(id('rack-room'), PATIENT)
    await hand.turnTo(await hand.window('Turndown: Front desk'))
    await desk.fill(id('rack-search'), waits)
    await desk.tabTo('rack-room')
    await hand.strike('q')
    await on('the question when', (focus) => focus.testid === 'queue-time')
    await hand.key('Escape')
    await on('the row', (focus) => focus.testid === 'rack-room')
    await desk.board()
  })

  await step('the service has each action once, by the person who did it', async () => {
    await desk.waitUntilCalm()
    await world.compare(service, desk)
  })
})
