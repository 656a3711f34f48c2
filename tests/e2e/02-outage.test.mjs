// Gate G-HK-2 and its variant with changes made elsewhere (H1 to H9, H13 to H18, H21, H27, H28): the network is lost
// for real, work goes on by mouse and by keyboard, the app is killed, the network returns, everything flows by itself,
// two conflicts are decided, and the service's tasks, events and audit are held against what the screen had said.

import assert from 'node:assert/strict'
import { id } from './lib/desk.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }

journey('Outage: the network is lost, the app is killed, and nothing is lost', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const relay = await world.relay(service)
  const desk = world.desk()
  const day = dayOf(await service.hotel())
  const [byMouse, byKeys, given, givenByKeys, more, merging, same, killed, after] = day.rooms('stayover', 9)
  const [keepMine, takeTheirs] = day.rooms('stayover', 2)
  const [pass, fail, skip] = day.rooms('departure', 3)

  /** What the front desk shows of the room that its search names. */
  const frontDeskShows = async (room, what, fits) => {
    await desk.frontDesk()
    await desk.fill(id('rack-search'), room)
    await desk.waitForRack(room, what, fits)
    await desk.board()
  }
  const doing = (words) => (row) => row.words.toLowerCase().includes(words)

  await step('a desk at work, and the front desk beside it', async () => {
    await desk.start()
    await desk.connect(relay.url, await service.code())
    await desk.work(day.lead)
    await desk.waitUntilCalm()
    await desk.openFrontDesk()
    await desk.board()
  })

  await step('the network goes: the pill says so and it is announced (H7)', async () => {
    await relay.cut()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline' && /offline/i.test(pill.text))
    await waitFor('the announcement', async () => /offline/i.test(await desk.spoken()))
    desk.offline = true
  })

  await step('by mouse: start, pause, resume, complete; the front desk follows each (H1, H3)', async () => {
    await desk.press(byMouse, 'start', 'started')
    await frontDeskShows(byMouse, 'in progress', doing('in progress'))
    await desk.menu(byMouse, 'pause', 'paused')
    await frontDeskShows(byMouse, 'paused', doing('paused'))
    await desk.press(byMouse, 'resume', 'resumed')
    await frontDeskShows(byMouse, 'in progress', doing('in progress'))
    await desk.press(byMouse, 'complete', 'completed')
    await frontDeskShows(byMouse, 'clean', (row) => row.cleanliness === 'clean' && row.local === 'waiting')
    await desk.waitForTile(byMouse, 'clean and waiting to be sent (H9)', (tile) => tile.column === 'clean' && tile.local === 'waiting')
    await desk.picture('offline-board-light')
  })

  await step('by keyboard: start, pause, resume, complete', async () => {
    await desk.key(byKeys, 's', 'start', 'started')
    await desk.key(byKeys, 'p', 'pause', 'paused')
    await frontDeskShows(byKeys, 'paused', doing('paused'))
    await desk.key(byKeys, 's', 'resume', 'resumed')
    await desk.key(byKeys, 'c', 'complete', 'completed')
    await frontDeskShows(byKeys, 'clean', (row) => row.cleanliness === 'clean')
  })

  const names = {}
  await step('reassign, by mouse and by keyboard', async () => {
    await desk.search(given)
    names.given = await desk.reassign(given)
    await desk.search('')
    const free = day.otherThan(givenByKeys)
    await desk.reassignByKeys(givenByKeys, free)
    names.givenByKeys = free.name
    await frontDeskShows(givenByKeys, `given to ${free.name}`, doing(free.name.toLowerCase()))
  })

  await step('inspect: pass and fail by mouse, skip by keyboard', async () => {
    for (const room of [pass, fail]) {
      await desk.search(room)
      await desk.press(room, 'start', 'started')
      await desk.press(room, 'complete', 'completed')
    }
    await desk.inspect(fail, 'fail', 'Hair in the bath')
    await desk.waitForTile(fail, 'dirty again', (tile) => tile.column === 'dirty')
    await desk.search(pass)
    await desk.inspect(pass, 'pass')
    await desk.search('')
    await frontDeskShows(pass, 'inspected', (row) => row.cleanliness === 'inspected')
    await desk.key(skip, 's', 'start', 'started')
    await desk.key(skip, 'c', 'complete', 'completed')
    await desk.inspectByKeys(skip, 'skip', 'Guest is waiting')
  })

  await step('more work for a room', async () => {
    await desk.addTask(more, 'Spilt coffee')
    await desk.search(more)
    await desk.app.get(`${id('tile')}[data-room="${more}"][data-local="waiting"]`)
    await desk.search('')
  })

  await step('meanwhile other workplaces change the same rooms at the service', async () => {
    for (const [room, second] of [[keepMine, 'complete'], [takeTheirs, 'pause']]) {
      await desk.search(room)
      await desk.press(room, 'start', 'started')
      if (second === 'complete') await desk.press(room, 'complete', 'completed')
      else await desk.menu(room, 'pause', 'paused')
    }
    await desk.search(merging)
    await desk.press(merging, 'start', 'started')
    await desk.search('')
    const both = day.otherThan(same)
    await desk.reassignByKeys(same, both)
    await service.act(keepMine, 'reassign')
    await service.act(takeTheirs, 'complete')
    await service.act(merging, 'rush')
    await service.act(same, 'reassign', '--to', both.id)
  })

  await step('the pill counts what waits (H8)', async () => {
    const waiting = desk.saved.filter((entry) => entry.offline).length
    const pill = await desk.waitForPill(`${waiting} pending`, (pill) => pill.waiting === waiting)
    assert.match(pill.text, new RegExp(`\\b${waiting} pending`))
    world.say(`pill: ${pill.text}`)
    await desk.theme('dark')
    await desk.picture('offline-board-dark')
    await desk.frontDesk()
    await desk.fill(id('rack-search'), '')
    await desk.picture('offline-front-desk')
    await desk.board()
  })

  await step('the app is killed in the middle of an action', async () => {
    await desk.search(killed)
    await desk.press(killed, 'start')
    await desk.kill()
    // Whether it was in time is the kill's luck; what was told to be saved is there in any case.
    const trail = await desk.auditTrail()
    const extra = trail.length - desk.saved.length
    assert.ok(extra === 0 || extra === 1, `${desk.saved.length} said to be saved, ${trail.length} on disk`)
    if (extra === 1) desk.note({ room: killed, action: 'start' })
    world.say(extra === 1 ? 'the last press was on disk already' : 'the last press was not on disk yet, and was not said to be')
  })

  await step('started again, still without a network, everything is there (H6)', async () => {
    await desk.start()
    await desk.app.get(id('tile'), PATIENT)
    const waiting = desk.saved.filter((entry) => entry.offline).length
    await desk.waitForPill(`offline, ${waiting} pending`, (pill) => pill.tone === 'offline' && pill.waiting === waiting)
    for (const [room, column] of [[byMouse, 'clean'], [byKeys, 'clean'], [pass, 'inspected'], [skip, 'inspected'], [fail, 'dirty'], [takeTheirs, 'inProgress']]) {
      await desk.search(room)
      await desk.waitForTile(room, `still ${column}`, (tile) => tile.column === column && tile.local === 'waiting')
    }
    await desk.search(after)
    await desk.press(after, 'start', 'started')
    await desk.search('')
    await desk.openFrontDesk()
    await desk.board()
    await desk.picture('after-the-kill')
  })

  let restored
  await step('the network is back: everything is sent with no further doing (H4, H13)', async () => {
    restored = performance.now()
    await relay.restore()
    const pill = await desk.waitForPill('sent, and something to decide', (pill) => pill.state === 'online' && pill.waiting === 0 && pill.attention > 0)
    world.say(`${((performance.now() - restored) / 1000).toFixed(1)} s from the network's return to "${pill.text}"`)
    desk.offline = false
    await waitFor('the announcement', async () => /conflict has to be decided/i.test(await desk.spoken()))
    for (const room of [byMouse, merging, same, after]) {
      await desk.search(room)
      await desk.waitForTile(room, 'sent', (tile) => tile.local === 'server')
    }
    await desk.search(merging)
    await desk.waitForTile(merging, 'merged: started here, rushed elsewhere', (tile) => tile.column === 'inProgress' && /rush/i.test(tile.words))
    for (const room of [keepMine, takeTheirs]) {
      await desk.search(room)
      await desk.waitForTile(room, 'in conflict', (tile) => tile.local === 'conflict' && tile.contested)
      await frontDeskShows(room, 'contested, not safe', (row) => row.contested && !row.safe)
    }
    await desk.search('')
    await desk.picture('conflicts-on-the-board')
  })

  await step('the Sync Center shows the conflicts by their code (H14, H17)', async () => {
    await desk.app.press('Control', 'j')
    for (const room of [keepMine, takeTheirs]) {
      const row = await desk.app.get(`${id('outbox-row')}[data-state="conflict"][data-room="${room}"]`, PATIENT)
      assert.match(await row.text(), /STATUS_CONFLICT_ON_FLUSH/)
    }
    const ledger = await desk.ledger()
    assert.ok(ledger.balanced, JSON.stringify(ledger))
    await desk.picture('sync-center-conflicts')
  })

  const decide = async (room, letter) => {
    await desk.tabTo('decide')
    await waitFor(`the button of room ${room}`, async () => {
      const on = await desk.app.execute(() => document.activeElement.getAttribute('aria-label')?.replace(/[\u2066-\u2069]/g, ''))
      if (on?.endsWith(` ${room}`)) return true
      await desk.app.press('Tab')
      return false
    })
    await desk.app.press('Enter')
    await desk.app.get(id('conflict'), PATIENT)
    const chosen = await desk.app.execute((css) => document.querySelectorAll(`${css}:checked`).length, id('choice'))
    assert.equal(chosen, 0, 'something was chosen before anybody chose')
    await desk.picture(`conflict-${letter === '1' ? 'mine' : 'theirs'}`)
    // Sent too early, nothing is sent and the first open field asks.
    await desk.app.press('Control', 'Enter')
    await desk.app.get(id('conflict'))
    for (;;) {
      const left = await desk.app.execute((css) => Number(document.querySelector(css).dataset.left), id('conflict-left'))
      if (left === 0) break
      await desk.app.press('F8')
      await waitFor('the focus on an open field', async () => (await desk.focused()).testid === 'choice')
      await desk.app.press(letter)
      await waitFor('one field fewer', () => desk.app.execute((css, left) => Number(document.querySelector(css).dataset.left) < left, id('conflict-left'), left))
    }
    await desk.picture('conflict-decided')
    await desk.app.press('Control', 'Enter')
    await desk.app.get(id('sync-center'), PATIENT)
    desk.note({ room, action: 'resolve' })
    await desk.mustHaveFocus('after the decision')
  }

  await step('both are decided by keyboard: one kept, one taken (H16, H28)', async () => {
    await decide(keepMine, '1')
    await decide(takeTheirs, '2')
    const pill = await desk.waitUntilCalm()
    world.say(`pill: ${pill.text}`)
    await desk.picture('sync-center-after')
    const ledger = await desk.ledger()
    assert.deepEqual(ledger, { all: desk.saved.length, acknowledged: desk.saved.length, waiting: 0, attention: 0, discarded: 0, balanced: true })
  })

  await step('the front desk knows both rooms as they were decided', async () => {
    await frontDeskShows(keepMine, 'not contested', (row) => !row.contested && row.cleanliness === 'clean')
    await frontDeskShows(takeTheirs, 'not contested', (row) => !row.contested && row.cleanliness === 'clean')
  })

  await step('the service holds each action once, in order, by its author; both trails are whole (H5, H21)', async () => {
    for (const room of [keepMine, takeTheirs]) {
      desk.saved.find((entry) => entry.room === room && entry.action === 'start').outcome = 'conflict'
    }
    await world.compare(service, desk)
    const { rooms } = await service.hotel()
    const task = (room) => Object.values(rooms.get(room).tasks)[0]
    const staff = (name) => day.staff.find((person) => person.name === name).id
    for (const room of [byMouse, byKeys, keepMine, takeTheirs]) assert.equal(task(room).status, 'completed', `room ${room}`)
    for (const room of [pass, skip]) assert.equal(task(room).status, 'inspected', `room ${room}`)
    assert.deepEqual([task(fail).status, task(fail).rework_reason ?? task(fail).inspection?.reason], ['ready', 'Hair in the bath'])
    assert.equal(task(given).assignee, staff(names.given))
    assert.equal(task(givenByKeys).assignee, staff(names.givenByKeys))
    assert.deepEqual([task(merging).status, task(merging).rush], ['in_progress', true])
    assert.equal(Object.keys(rooms.get(more).tasks).length, 2)
    for (const room of [keepMine, takeTheirs]) assert.equal(rooms.get(room).contested, null, `room ${room} is still contested`)
  })
})
