// Moving tiles (ui.md 10, lines 6 and 13 to 20): by a real mouse, by single clicks, by keys, several at once. What is
// dragged goes the display's own way, by xdotool: made-up events can pass while a real drag is dead.

import assert from 'node:assert/strict'
import { id } from './lib/desk.mjs'
import { Hand } from './lib/hand.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { Listener } from './lib/listener.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }
const FEW = 5
const MANY = 20
const REFUSED = 'Start it first.'

const tile = (room) => `${id('tile')}[data-room="${room}"]`
const lane = (column) => `${id('lane')}[data-column="${column}"]`

journey('Moving: tiles by mouse, menu and keys, alone and together', async (world) => {
  const service = await world.service()
  const relay = await world.relay(service)
  const listener = await Listener.open(world)
  const desk = world.desk()
  const hand = new Hand(world, desk)
  const day = dayOf(await service.hotel())
  const [other, dragged, stays, kept, byMenu, byKeys, ofOne, ...rest] = day.rooms('stayover', 14 + FEW)
  const few = rest.slice(0, FEW)
  const [far, ...elsewhere] = rest.slice(FEW)
  const task = async (room) => Object.values((await service.hotel()).rooms.get(room).tasks)[0]
  const entries = async () => (await service.audit()).length

  // The focus is somewhere after every step, and nothing can be dragged by the system's own drag and drop.
  const step = (what, work) => world.step(what, async () => {
    const value = await work()
    await desk.mustHaveFocus(`after "${what}"`)
    assert.deepEqual(await desk.app.execute(() => [...document.querySelectorAll('[draggable=true]')].map((each) => each.outerHTML.slice(0, 80))), [])
    return value
  })

  /** Waits for the focus on this room's tile, or on a button of it, in this lane. */
  const focusIn = (room, column) => waitFor(`the focus on room ${room} in ${column}`, async () => {
    const at = await desk.app.execute(() => {
      const cell = document.activeElement?.closest('[role=gridcell]')
      return cell == null ? null : [cell.dataset.room, cell.dataset.column]
    })
    return at !== null && at[0] === room && at[1] === column
  }, PATIENT)

  /** Has the room's tile in sight among the others. */
  const show = async (room) => {
    await desk.goTo(room)
    // It may have had the focus all along, and be out of sight: the arrows go from tile to tile in sight.
    await desk.app.press('ArrowDown')
    await desk.app.press('ArrowUp')
    await focusIn(room, (await desk.tile(room)).column)
    await hand.place(tile(room))
  }

  /** What stands still when a drag comes to nothing. */
  const nothingHappened = async (room, before) => {
    await waitFor('the hand to be empty', async () => !(await hand.holds()), PATIENT)
    assert.equal(await desk.app.execute(() => document.querySelectorAll('.drag-layer, .drag-hand, .drag-note').length), 0, 'a ghost was left behind')
    await desk.waitForTile(room, 'where it was', (at) => at.column === before.column && at.status === before.status && at.local === before.local)
    assert.equal(await desk.app.has(id('message')), false, 'the screen says that something was done')
    await desk.waitUntilCalm()
    assert.equal(await entries(), before.entries, 'something was recorded')
  }
  const asItIs = async (room) => ({ ...(await desk.waitForTile(room, 'in the page', () => true)), entries: await entries() })

  /** A press right after: the tile's menu opens, and Escape gives the focus back. */
  const theNextClickWorks = async (room) => {
    await hand.click(`${tile(room)} ${id('tile-menu')}`)
    await desk.app.get(id('tile-menu-list'), PATIENT)
    await hand.key('Escape')
    await waitFor('the menu to close', async () => !(await desk.app.has(id('tile-menu-list'))))
    await focusIn(room, (await desk.tile(room)).column)
  }
  const selected = (count) => waitFor(`${count} selected`, () => desk.app.execute((css, count) => Number(document.querySelector(css)?.dataset.count ?? 0) === count, id('selection'), count), PATIENT)
  const silence = () => waitFor('the last message to go', async () => !(await desk.app.has(id('message'))), PATIENT)

  await step('a desk at work, that is listened to', async () => {
    await desk.start(listener.env)
    await desk.connect(relay.url, await service.code())
    await desk.work(day.lead)
    await desk.waitUntilCalm()
    world.say(`${await listener.listen()} nodes in the accessibility tree`)
  })

  await step('a tile is dragged to In progress; what that does stands there before, and is recorded (16)', async () => {
    await desk.press(other, 'start', 'started')
    await desk.search('')
    await show(dragged)
    const said = await hand.drag(tile(dragged), 'inProgress')
    assert.equal(said.verdict, 'goes')
    assert.match(said.words, /Start/)
    await desk.said(dragged, 'start', 'moved to In progress')
    await desk.waitForTile(dragged, 'in progress', (at) => at.column === 'inProgress' && at.status === 'in_progress')
    await focusIn(dragged, 'inProgress')
  })

  await step('the very next click works: another tile is completed', async () => {
    await hand.click(`${tile(other)} ${id('tile-primary')}[data-action="complete"]`)
    await desk.said(other, 'complete', 'completed')
    await desk.waitForTile(other, 'clean', (at) => at.column === 'clean')
    await desk.waitUntilCalm()
    assert.deepEqual([(await task(dragged)).status, (await task(other)).status], ['in_progress', 'completed'])
  })

  await step('a lane that refuses says why while the tile is over it and after, and changes nothing (17)', async () => {
    await show(stays)
    const before = await asItIs(stays)
    await silence()
    listener.clear()
    await hand.take(tile(stays))
    const said = await hand.over('clean')
    assert.equal(said.verdict, 'refused')
    assert.ok(said.words.includes(REFUSED), said.words)
    await desk.picture('refused')
    await hand.letGo()
    const words = await desk.refused(REFUSED)
    assert.ok(words.includes(`Room ${stays} stays in Dirty.`), words)
    assert.equal(await listener.times(new RegExp(`^Room ${stays} stays in Dirty\\. ${REFUSED}$`)), 1)
    await nothingHappened(stays, before)
    await theNextClickWorks(stays)
  })

  await step('put back where it was taken from, nothing happens (18)', async () => {
    const before = await asItIs(kept)
    await show(kept)
    await hand.take(tile(kept))
    await hand.moveTo(await hand.place(lane('dirty')))
    await hand.letGo()
    await nothingHappened(kept, before)
    await theNextClickWorks(kept)
  })

  await step('Escape while it is over a lane that would take it ends the drag (18)', async () => {
    const before = await asItIs(kept)
    await hand.take(tile(kept))
    assert.equal((await hand.over('inProgress')).verdict, 'goes')
    await hand.key('Escape')
    await waitFor('the hand to be empty', async () => !(await hand.holds()), PATIENT)
    await hand.letGo()
    await nothingHappened(kept, before)
    await theNextClickWorks(kept)
  })

  await step('let go outside of the window, nothing happens (18)', async () => {
    const before = await asItIs(kept)
    await hand.take(tile(kept))
    assert.equal((await hand.over('inProgress')).verdict, 'goes')
    await hand.moveTo({ x: 1_500, y: 950 })
    await waitFor('no lane to be under it', async () => !(await desk.app.has(`${id('drop')}[data-over]`)), PATIENT)
    await hand.letGo()
    await nothingHappened(kept, before)
    await theNextClickWorks(kept)
  })

  await step('another window gets the keyboard: the drag ends (18)', async () => {
    await desk.openFrontDesk()
    const [board, frontDesk] = [await hand.window('Turndown'), await hand.window('Turndown: Front desk')]
    await hand.putAside(frontDesk, 1_400, 0)
    await desk.fill(id('rack-search'), elsewhere[0])
    await desk.board()
    const before = await asItIs(kept)
    await hand.take(tile(kept))
    assert.equal((await hand.over('inProgress')).verdict, 'goes')
    await hand.turnTo(frontDesk)
    await waitFor('the hand to be empty', async () => !(await hand.holds()), PATIENT)
    await hand.letGo()
    await nothingHappened(kept, before)
    await hand.turnTo(board)
    await waitFor('the board in front', () => desk.app.execute(() => document.hasFocus()), PATIENT)
    await theNextClickWorks(kept)
  })

  await step('while a tile is in the hand nothing moves under it, and what came meanwhile shows after (6)', async () => {
    const [room] = elsewhere
    const before = await asItIs(kept)
    const lanes = await desk.lanes()
    await hand.take(tile(kept))
    assert.equal((await hand.over('inProgress')).verdict, 'goes')
    await service.act(room, 'start')
    await desk.glance(() => desk.waitForRack(room, 'in progress', (row) => /in progress/i.test(row.words)))
    assert.deepEqual(await desk.lanes(), lanes)
    assert.ok(await hand.holds())
    await hand.key('Escape')
    await hand.letGo()
    await waitFor('the change from elsewhere', async () => (await desk.lanes()).inProgress === lanes.inProgress + 1, PATIENT)
    await nothingHappened(kept, { ...before, entries: before.entries + 1 })
  })

  await step('changes from elsewhere move neither focus nor selection nor what is in sight (6)', async () => {
    await show(far)
    await desk.app.press('Space')
    await selected(1)
    const stands = () => desk.app.execute(() => [document.activeElement.id, [...document.querySelectorAll('[data-lane]')].map((each) => each.scrollTop), document.querySelector('[data-testid=selection]').dataset.count])
    await hand.place(tile(far))
    const before = await stands()
    assert.ok(before[1][0] > 0, 'the lane is not scrolled')
    const lanes = await desk.lanes()
    for (const room of elsewhere.slice(1)) await service.act(room, 'start')
    await waitFor('the changes from elsewhere', async () => (await desk.lanes()).inProgress === lanes.inProgress + elsewhere.length - 1, PATIENT)
    assert.deepEqual(await stands(), before)
    await desk.app.press('Escape')
    await selected(0)
  })

  await step('the focused tile is scrolled out of sight, and an arrow goes on from it (13)', async () => {
    const place = () => desk.app.execute(() => {
      const cell = document.activeElement.closest('[role=gridcell]')
      const [box, lane] = [cell.getBoundingClientRect(), cell.closest('[data-lane]').getBoundingClientRect()]
      return { row: Number(cell.parentElement.getAttribute('aria-rowindex')), inSight: box.top >= lane.top && box.bottom <= lane.bottom }
    })
    await show(far)
    const { row, inSight } = await place()
    assert.ok(inSight)
    await hand.roll(lane('dirty'), 'up', async () => !(await place()).inSight)
    assert.equal((await place()).row, row)
    await desk.app.press('ArrowDown')
    await waitFor('the next tile, in sight', async () => {
      const at = await place()
      return at.row === row + 1 && at.inSight
    }, PATIENT)
  })

  await step('a link is not dragged by the system either, and the very next click works (20)', async () => {
    await desk.app.execute(() => {
      window.begun = []
      window.addEventListener('dragstart', (event) => window.begun.push(event.defaultPrevented))
    })
    await show(kept)
    const before = await asItIs(kept)
    await hand.moveTo(await hand.place(id('nav-sync')))
    await hand.press()
    const to = await hand.place(lane('inProgress'))
    await waitFor('the page to be asked for a drag of its own', async () => {
      to.x += 1
      await hand.moveTo(to)
      return desk.app.execute(() => window.begun.length > 0)
    }, PATIENT)
    await hand.letGo()
    assert.deepEqual(await desk.app.execute(() => window.begun), [true])
    await nothingHappened(kept, before)
    await theNextClickWorks(kept)
  })

  await step('the same by single clicks: "Move to" in the menu; a lane that refuses says why there (19)', async () => {
    await show(byMenu)
    await hand.click(`${tile(byMenu)} ${id('tile-menu')}`)
    const refuses = await desk.app.get(`${id('menu-move-clean')}[data-refused]`, PATIENT)
    assert.ok((await refuses.text()).includes(REFUSED), await refuses.text())
    await desk.picture('move-to')
    await hand.click(id('menu-move-inProgress'))
    await desk.said(byMenu, 'start', 'moved to In progress')
    await focusIn(byMenu, 'inProgress')
    await hand.click(`${tile(byMenu)} ${id('tile-menu')}`)
    await hand.click(id('menu-move-clean'))
    await desk.said(byMenu, 'complete', 'moved to Clean')
    await focusIn(byMenu, 'clean')
  })

  await step('the same by keys: Shift and an arrow, and the focus follows the tile (14, 19)', async () => {
    await desk.goTo(byKeys)
    listener.clear()
    await desk.app.press('Shift', 'ArrowRight')
    await desk.said(byKeys, 'start', 'moved to In progress')
    await focusIn(byKeys, 'inProgress')
    assert.equal(await listener.times(new RegExp(`^Room ${byKeys}: moved to In progress\\. Saved on this device\\. \\d+ left in Dirty\\.$`)), 1)
    await desk.app.press('Shift', 'ArrowRight')
    await desk.said(byKeys, 'complete', 'moved to Clean')
    await focusIn(byKeys, 'clean')
    await desk.app.press('Shift', 'ArrowLeft')
    await desk.refused('Fail the inspection')
    await focusIn(byKeys, 'clean')
    await desk.waitUntilCalm()
    assert.deepEqual([(await task(byMenu)).status, (await task(byKeys)).status], ['completed', 'completed'])
  })

  await step(`${FEW} tiles are selected by keys and started together, and said once`, async () => {
    for (const [at, room] of few.entries()) {
      await desk.goTo(room)
      await desk.app.press('Space')
      await selected(at + 1)
    }
    await desk.picture('selected')
    listener.clear()
    await desk.app.press('s')
    await desk.saidOfMany(few, 'start', 'started')
    assert.equal(await listener.times(new RegExp(`^${FEW} rooms: started\\. Saved on this device\\. \\d+ left in Dirty\\.$`)), 1)
    assert.deepEqual(listener.heard.filter(({ text }) => /started/.test(text)).length, 1, JSON.stringify(listener.heard))
    await selected(0)
    for (const room of few) await desk.waitForTile(room, 'in progress', (at) => at.column === 'inProgress')
    await desk.waitUntilCalm()
    for (const room of few) assert.equal((await task(room)).status, 'in_progress', `room ${room}`)
  })

  await step('Ctrl+Z takes all of them back at once (15)', async () => {
    listener.clear()
    await desk.app.press('Control', 'z')
    await desk.saidOfMany(few, 'undo', 'undone')
    assert.equal(await listener.times(new RegExp(`^${FEW} rooms: undone\\. Saved on this device\\.`)), 1)
    await desk.waitUntilCalm()
    for (const room of few) {
      assert.equal((await task(room)).status, 'ready', `room ${room}`)
      await desk.goTo(room)
      await desk.waitForTile(room, 'dirty again', (at) => at.column === 'dirty')
    }
  })

  await step('what is selected is dragged together, and the hand says how many (16)', async () => {
    const pair = few.slice(0, 2)
    for (const [at, room] of pair.entries()) {
      await desk.goTo(room)
      await desk.app.press('Space')
      await selected(at + 1)
    }
    await hand.take(tile(pair[1]))
    assert.equal(await desk.app.execute(() => document.querySelector('.drag-note').innerText.replace(/[\u2066-\u2069]/g, '')), '2 rooms')
    await hand.over('inProgress')
    await desk.picture('two-in-the-hand')
    await hand.letGo()
    await desk.saidOfMany(pair, 'start', 'moved to In progress')
    await waitFor('the hand to be empty', async () => !(await hand.holds()), PATIENT)
    for (const room of pair) await desk.waitForTile(room, 'in progress', (at) => at.column === 'inProgress')
    await desk.app.press('Control', 'z')
    await desk.saidOfMany(pair, 'undo', 'undone')
    for (const room of pair) {
      await desk.goTo(room)
      await desk.waitForTile(room, 'dirty again', (at) => at.column === 'dirty')
    }
  })

  await step('after a verb the focus is on the next tile of the lane, on the last, or on its heading: never nowhere (14)', async () => {
    const inLane = () => desk.app.execute((css) => {
      const rows = [...document.querySelectorAll(`${css} .tile-row`)]
      return rows.toSorted((a, b) => a.getAttribute('aria-rowindex') - b.getAttribute('aria-rowindex')).map((row) => row.querySelector('[role=gridcell]').dataset.room)
    }, lane('inProgress'))
    // What was begun here or elsewhere, to the last one.
    let rooms = await inLane()
    assert.ok(rooms.length >= 4, `${rooms.length} rooms in progress`)
    const complete = async (at) => {
      await desk.key(rooms[at], 'c', 'complete', 'completed')
      const gone = rooms[at]
      rooms = rooms.toSpliced(at, 1)
      await waitFor(`room ${gone} to be gone`, async () => JSON.stringify(await inLane()) === JSON.stringify(rooms), PATIENT)
    }
    await complete(1)
    await focusIn(rooms[1], 'inProgress')
    await complete(rooms.length - 1)
    await focusIn(rooms.at(-1), 'inProgress')
    while (rooms.length > 1) {
      await complete(0)
      await focusIn(rooms[0], 'inProgress')
    }
    await complete(0)
    await waitFor('the focus on the heading', async () => (await desk.focused()).id === 'lane-inProgress', PATIENT)
    await desk.app.press('ArrowDown')
    await waitFor('the focus on a tile again', async () => (await desk.focused()).testid === 'tile', PATIENT)
  })

  let whole
  await step('More filters leave one kind of work, and the view gets a name', async () => {
    whole = await desk.lanes()
    await desk.app.click(id('filter-more'))
    await desk.app.click(id('filter-kind-stayover'), PATIENT)
    await desk.app.press('Escape')
    await waitFor('the filter to close', async () => !(await desk.app.has(id('more-filters'))))
    assert.equal((await desk.app.all(id('filter-chip'))).length, 1)
    const stayovers = day.tasks.filter((each) => each.kind === 'stayover').length
    await waitFor('the stayovers alone', async () => Object.values(await desk.lanes()).reduce((sum, each) => sum + each) === stayovers, PATIENT)
    await desk.app.click(id('views'))
    await desk.app.click(id('view-name'), PATIENT)
    await desk.fill(id('view-typed'), 'Only stayovers')
    await desk.app.press('Enter')
    await waitFor('the dialog to close', async () => !(await desk.app.has(id('dialog-view'))))
    await desk.picture('view')
  })

  await step('the view is left and chosen again', async () => {
    const narrow = await desk.lanes()
    await desk.app.click(id('filter-clear'))
    await waitFor('the whole board', async () => JSON.stringify(await desk.lanes()) === JSON.stringify(whole), PATIENT)
    await desk.mustHaveFocus('after the filter is gone')
    await desk.app.click(id('views'))
    await desk.app.click(id('view'), PATIENT)
    await waitFor('the view', async () => JSON.stringify(await desk.lanes()) === JSON.stringify(narrow), PATIENT)
    assert.match(await desk.app.execute((css) => document.querySelector(css).getAttribute('aria-label'), id('views')), /Only stayovers/)
  })

  await step(`without a network ${MANY} are selected by Shift and the arrows, and started in a few words`, async () => {
    await relay.cut()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    await desk.goTo(few[0])
    await desk.app.press('Home')
    const rooms = new Set()
    await waitFor('the first of the lane', async () => {
      const at = await desk.focused()
      return at.testid === 'tile' && at.column === 'dirty' && rooms.add(at.room)
    })
    for (let count = 2; count <= MANY; count += 1) {
      await desk.app.press('Shift', 'ArrowDown')
      await selected(count)
      rooms.add((await desk.focused()).room)
    }
    assert.equal(rooms.size, MANY)
    await waitFor('the last word about the selection', () => listener.heard.some(({ text }) => text.endsWith(`${MANY} in all.`)), PATIENT)
    listener.clear()
    await desk.app.press('s')
    await desk.saidOfMany([...rooms], 'start', 'started')
    assert.equal(await listener.times(new RegExp(`^${MANY} rooms: started\\. Saved on this device\\. `)), 1)
    const pill = await desk.waitForPill(`${MANY} pending`, (pill) => pill.waiting === MANY)
    assert.match(pill.text, new RegExp(`\\b${MANY} pending`))
    assert.ok(listener.heard.length <= 3, JSON.stringify(listener.heard))
    for (const { text } of listener.heard) world.say(`heard: ${text}`)
    await desk.picture('many-wait')
  })

  await step('the network is back: all of them arrive, once and in order, in a few words (23)', async () => {
    listener.clear()
    await relay.restore()
    await desk.waitUntilCalm()
    desk.offline = false
    assert.equal(await listener.times(new RegExp(`^Online again\\. Sending ${MANY} changes\\.$`)), 1)
    assert.equal(await listener.times(new RegExp(`^${MANY} sent\\.$`)), 1)
    assert.ok(listener.heard.length <= 3, JSON.stringify(listener.heard))
    for (const { text } of listener.heard) world.say(`heard: ${text}`)
    const all = await service.audit()
    const arrived = all.slice(-MANY)
    assert.deepEqual(arrived.map((entry) => [entry.action, entry.originated_offline]), Array.from({ length: MANY }, () => ['start', true]))
    const sequence = arrived.map((entry) => entry.local_seq)
    assert.deepEqual(sequence, sequence.toSorted((a, b) => a - b))
    assert.equal(new Set(sequence).size, MANY)
  })

  await step("one attendant's board: what was given, started and done adds up, and follows the work", async () => {
    await desk.app.click(id('views'))
    await desk.app.click(id('view-all'), PATIENT)
    const person = day.staff.find((each) => each.id === day.tasks.find((each) => each.id.includes(`:${ofOne}:`)).assignee)
    const sums = async () => {
      const tasks = [...(await service.hotel()).rooms.values()].flatMap((room) => Object.values(room.tasks)).filter((each) => each.assignee === person.id)
      const credits = (...statuses) => tasks.filter((each) => statuses.includes(each.status)).reduce((sum, each) => sum + each.credits, 0)
      const done = credits('completed', 'inspected')
      const started = credits('in_progress', 'paused')
      return { given: credits('ready') + started + done, started, done }
    }
    const head = (wanted) => waitFor(`${JSON.stringify(wanted)} at the head`, () => desk.app.execute((css, { given, started, done }) => {
      const { dataset } = document.querySelector(css) ?? { dataset: {} }
      return Number(dataset.given) === given && Number(dataset.started) === started && Number(dataset.done) === done
    }, id('attendant-head'), wanted), PATIENT)
    await desk.app.click(id('filter-attendant'))
    await desk.app.get(id('attendant-search'), PATIENT)
    await desk.app.type(person.name)
    await waitFor('one name left', () => desk.app.execute((css) => document.querySelectorAll(css).length === 1, id('attendant-choice')))
    await desk.app.press('Enter')
    const before = await sums()
    await head(before)
    await desk.picture('attendant')
    await desk.key(ofOne, 's', 'start', 'started')
    await desk.waitUntilCalm()
    const after = await sums()
    assert.equal(after.started, before.started + (await task(ofOne)).credits)
    await head(after)
    await desk.app.click(id('attendant-all'))
    await waitFor('the head to go', async () => !(await desk.app.has(id('attendant-head'))))
    await waitFor('everybody', async () => Object.values(await desk.lanes()).reduce((sum, each) => sum + each) === Object.values(whole).reduce((sum, each) => sum + each), PATIENT)
  })

  await step('the service has each action once, by the person who did it', async () => {
    await desk.waitUntilCalm()
    await world.compare(service, desk)
  })
})
