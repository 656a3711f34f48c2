// A lead's Sunday without a mouse (ui.md 10, line 9): every function from the first page to the last report, by keys
// alone, with an outage in the middle. That nobody touched a mouse is counted in the windows, not promised.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { id } from './lib/desk.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { Rack } from './lib/rack.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }
const GUEST = 'Smith'

journey('Tour: a whole day by keyboard alone', async (world) => {
  const service = await world.service()
  const relay = await world.relay(service)
  const desk = world.desk()
  const hotel = await service.hotel()
  const day = dayOf(hotel)
  const [noted, called, given, contested] = day.rooms('stayover', 4)
  const [inspected] = day.rooms('departure', 1)
  const free = [...hotel.rooms.values()].find((room) => room.fo_occupancy === 'vacant' && room.cleanliness === 'inspected' && room.sellability.assignable && Object.keys(room.tasks).length === 0 && room.claim === undefined)?.number
  const hurried = [...hotel.rooms.values()].find((room) => room.number !== inspected && Object.values(room.tasks).some((task) => task.kind === 'turnover' && task.status === 'ready' && !task.rush))?.number
  const task = async (room) => Object.values((await service.hotel()).rooms.get(room).tasks)[0]

  // The focus is somewhere after every step, and no mouse was touched in it.
  const step = (what, work) => world.step(what, async () => {
    await work()
    await desk.mustHaveFocus(`after "${what}"`)
    assert.equal(await desk.app.execute(() => window.mice ?? 0), 0, `somebody touched a mouse in "${what}"`)
  })
  const countMice = () => desk.app.execute(() => {
    if (window.mice !== undefined) return
    window.mice = 0
    for (const name of ['mousedown', 'pointerdown', 'wheel']) window.addEventListener(name, () => { window.mice += 1 }, true)
  })
  const view = (mark) => waitFor(`the view ${mark}`, () => desk.app.has(id(mark)), PATIENT)
  const gone = (mark) => waitFor(`${mark} to be gone`, async () => !(await desk.app.has(id(mark))), PATIENT)
  const on = (mark) => waitFor(`the focus on ${mark}`, async () => (await desk.focused())?.testid === mark, PATIENT)
  const goTo = (keys) => desk.app.type(keys)
  const shown = () => desk.lanes().then((lanes) => Object.values(lanes).reduce((sum, each) => sum + each))

  await step('from the first page to the board', async () => {
    await desk.start()
    await countMice()
    await desk.beginByKeys(relay.url, await service.code(), day.lead)
    await desk.waitUntilCalm()
  })

  await step('the board is filtered by a room and by a kind of work, and shows all again', async () => {
    const all = await shown()
    await desk.intoBoard()
    await desk.app.press('/')
    await on('board-search')
    await desk.app.type(noted)
    await waitFor('fewer tiles', async () => (await shown()) < all, PATIENT)
    await desk.app.press('Control', 'a')
    await desk.app.press('Backspace')
    await waitFor('all tiles', async () => (await shown()) === all, PATIENT)
    await desk.tabTo('filter-more')
    await desk.app.press('Enter')
    await view('more-filters')
    await waitFor('the focus on a kind of work', async () => {
      if (await desk.app.execute((css) => document.activeElement.closest(css) !== null, id('filter-kind-departure'))) return true
      await desk.app.press('Tab')
      return false
    }, PATIENT)
    await desk.app.press('Space')
    await desk.app.press('Escape')
    await gone('more-filters')
    await waitFor('departures alone', async () => (await shown()) < all, PATIENT)
    await desk.tabTo('filter-clear')
    await desk.app.press('Enter')
    await waitFor('all tiles', async () => (await shown()) === all, PATIENT)
  })

  await step('a room is started, completed and inspected', async () => {
    await desk.key(inspected, 's', 'start', 'started')
    await desk.key(inspected, 'c', 'complete', 'completed')
    await desk.inspectByKeys(inspected, 'pass')
  })

  await step('a room is given to somebody else, and one has a note', async () => {
    await desk.reassignByKeys(given, day.otherThan(given))
    await desk.goTo(noted)
    await desk.app.press('m')
    await view('tile-menu-list')
    await desk.app.type('Note')
    await on('menu-note')
    await desk.app.press('Enter')
    await on('note')
    await desk.app.type('Two more towels')
    await desk.tabTo('note-save')
    await desk.app.press('Enter')
    await desk.said(noted, 'note', 'note written')
  })

  await step('what is called in is typed on the radio line', async () => {
    await desk.app.press('Control', 'e')
    await on('radio-input')
    await desk.app.type(`${called} rush`)
    await waitFor('it to be understood', () => desk.app.has(id('radio-room')), PATIENT)
    await desk.app.press('Enter')
    await desk.said(called, 'set_priority', `${called} rush`)
    await desk.app.press('Escape')
    await desk.waitUntilCalm()
    assert.equal((await task(called)).rush, true)
  })

  const rack = new Rack(desk)
  await step('at the front desk a room is hurried and one is claimed', async () => {
    await rack.open()
    await countMice()
    await rack.goTo(hurried)
    await rack.key(hurried, 'r', 'set_priority', 'marked as rush')
    await rack.goTo(free)
    await rack.claim(free, GUEST)
    await rack.shows(free, 'claimed', (at) => !at.safe)
  })

  await step('the network goes, and the work goes on', async () => {
    await desk.waitUntilCalm()
    await goTo('gb')
    await desk.board()
    await relay.cut()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    await desk.key(contested, 's', 'start', 'started')
    await desk.key(contested, 'c', 'complete', 'completed')
    await service.act(contested, 'cancel')
    await desk.intoBoard()
    await goTo('go')
    await view('cockpit')
    await desk.app.press('Escape')
    await gone('cockpit')
  })

  await step('it is back, and the conflict is decided in the Sync Center', async () => {
    await relay.restore()
    await desk.waitForPill('one to decide', (pill) => pill.state === 'online' && pill.waiting === 0 && pill.attention > 0)
    desk.offline = false
    await desk.app.press('Control', 'j')
    await view('sync-center')
    await desk.tabTo('decide')
    await desk.app.press('Enter')
    await desk.waitForConflict('a field', (conflict) => conflict.left > 0)
    for (let { left } = await desk.conflict(); left > 0; left -= 1) {
      await desk.app.press('F8')
      await on('choice')
      await desk.app.press('1')
      await desk.waitForConflict('one field fewer', (conflict) => conflict.left < left)
    }
    await desk.app.press('Control', 'Enter')
    await view('sync-center')
    desk.note({ room: contested, action: 'resolve' })
    desk.saved.find((entry) => entry.room === contested && entry.action === 'start').outcome = 'conflict'
    await desk.waitUntilCalm()
    assert.equal((await task(contested)).status, 'completed')
  })

  await step('the report of the outage is written as a table', async () => {
    await desk.tabTo('open-report')
    await desk.app.press('Enter')
    await view('report-row')
    await desk.tabTo('report-save')
    await desk.app.press('Enter')
    const path = await waitFor('where it is', () => desk.app.execute((css) => /\/.*\.csv/.exec(document.querySelector(css)?.innerText ?? '')?.[0], id('report-path')), PATIENT)
    assert.match(readFileSync(path, 'utf8'), new RegExp(contested))
  })

  await step('? shows the keys and leads to the settings, in which the tiles become smaller and Q pauses', async () => {
    await desk.app.press('?')
    await view('shortcuts')
    await desk.tabTo('change-keys')
    await desk.app.press('Enter')
    await view('single-keys')
    await desk.tabTo('key-pause')
    await desk.app.press('Enter')
    await desk.app.press('q')
    await waitFor('the key Q', () => desk.app.execute((css) => /Q$/.test(document.querySelector(css).innerText.trim()), id('key-pause')), PATIENT)
    await waitFor('the focus on the size of the tiles', async () => {
      if (await desk.app.execute((css) => document.activeElement.closest(css) !== null, id('setting-density'))) return true
      await desk.app.press('Shift', 'Tab')
      return false
    }, PATIENT)
    await desk.app.press('Space')
    await desk.app.press('Escape')
    await gone('settings')
    await goTo('gb')
    await waitFor('smaller tiles', () => desk.app.execute((css) => document.querySelector(css)?.dataset.density === 'compact', id('board')), PATIENT)
    await desk.key(given, 's', 'start', 'started')
    await desk.key(given, 'q', 'pause', 'paused')
    await desk.picture('end-of-the-tour')
  })

  await step('the service has each action once, by the person who did it', async () => {
    await desk.waitUntilCalm()
    await world.compare(service, desk)
  })
})
