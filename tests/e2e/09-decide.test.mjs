// Deciding (H15, H16, H17): the other side moves while somebody decides; several own edits of a room make one conflict;
// nobody here can know, and somebody goes to look; what was taken from the other side is brought back.

import assert from 'node:assert/strict'
import { id } from './lib/desk.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }

/** A desk that has lost its network, with somebody at work. */
async function offlineDesk(world, relay, service, lead) {
  const desk = world.desk()
  await desk.start()
  await desk.connect(relay.url, await service.code())
  await desk.work(lead)
  await desk.waitUntilCalm()
  await relay.cut()
  await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
  desk.offline = true
  return desk
}

const conflicts = (desk, count) =>
  desk.waitForPill(`${count} rooms to decide`, (pill) => pill.state === 'online' && pill.waiting === 0 && pill.attention > 0)
    .then(() => waitFor(`${count} cards`, async () => (await desk.app.all(id('conflict-card'))).length === count, PATIENT))

journey('Third change: what moves again while somebody decides asks again, alone', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const relay = await world.relay(service)
  const hotel = await service.hotel()
  const day = dayOf(hotel)
  const [watched, alone] = day.rooms('stayover', 2)
  const held = new Set([watched, alone].map((room) => Object.values(hotel.rooms.get(room).tasks)[0].assignee))
  const [ours, theirs, third] = day.staff.filter((person) => person.role === 'attendant' && !held.has(person.id))
  const entries = async () => (await service.audit()).length
  const task = async (room) => Object.values((await service.hotel()).rooms.get(room).tasks)[0]
  let desk

  await step('a room is given to one person and cleaned here, to another and paused elsewhere, twice', async () => {
    desk = await offlineDesk(world, relay, service, day.lead)
    for (const room of [watched, alone]) {
      await desk.reassignByKeys(room, ours)
      await desk.press(room, 'start', 'started')
      await desk.press(room, 'complete', 'completed')
      await service.act(room, 'reassign', '--to', theirs.id)
      await service.act(room, 'start')
      await service.act(room, 'pause')
    }
    await desk.search('')
    await desk.syncCenter()
    await relay.restore()
    await conflicts(desk, 2)
    desk.offline = false
  })

  await step('two fields touch, and nothing is chosen for anybody', async () => {
    const { fields, left, assignee, status } = await desk.openConflict(watched)
    assert.deepEqual([fields.length, left, assignee.chosen, status.chosen], [2, 2, 'open', 'open'])
    assert.deepEqual([assignee.mine, assignee.theirs], [ours.name, theirs.name])
    await desk.choose(assignee.path, 'mine')
    await desk.choose(status.path, 'mine')
  })

  let before
  await step('the room is given to a third person elsewhere: that row asks again, the other keeps its choice', async () => {
    await service.act(watched, 'reassign', '--to', third.id)
    before = await entries()
    const { assignee, status } = await desk.waitForConflict('one row asks again', ({ left, assignee }) => left === 1 && assignee.asksAgain)
    assert.deepEqual([assignee.chosen, assignee.theirs], ['open', third.name])
    assert.deepEqual([status.chosen, status.asksAgain], ['mine', false])
    await waitFor('the announcement', async () => /changed again/i.test(await desk.spoken()))
    await desk.picture('third-change')
  })

  await step('sending too early goes to the row that asks, and sends nothing', async () => {
    await desk.app.click(id('resolve'))
    await waitFor('the focus on the row that asks', () => desk.app.execute(() => document.activeElement.closest('[data-field]')?.dataset.field.endsWith('/assignee') ?? false))
    await waitFor('the announcement', async () => /Decide 1 more first/.test(await desk.spoken()))
    assert.ok(await desk.app.has(id('conflict')))
    assert.equal(await entries(), before)
  })

  await step('decided anew, it is taken', async () => {
    const { assignee } = await desk.conflict()
    await desk.choose(assignee.path, 'theirs')
    await desk.sendDecision(watched)
    await conflicts(desk, 1)
    const { assignee: to, status } = await task(watched)
    assert.deepEqual([to, status], [third.id, 'completed'])
  })

  await step('the same without a network: the decision is kept over a power cut, and the other side moves', async () => {
    await relay.cut()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    const { assignee, status } = await desk.openConflict(alone)
    await desk.choose(assignee.path, 'mine')
    await desk.choose(status.path, 'mine')
    await desk.sendDecision(alone, { outcome: 'conflict' })
    await desk.kill()
    await service.act(alone, 'reassign', '--to', third.id)
    await desk.start()
    await desk.app.get(id('tile'), PATIENT)
    await desk.syncCenter()
    await relay.restore()
    await conflicts(desk, 1)
    desk.offline = false
    assert.deepEqual([(await task(alone)).assignee, (await task(alone)).status], [third.id, 'paused'], 'nothing was written over')
  })

  await step('only what moved asks again, with what was chosen before beside it', async () => {
    const { left, assignee, status } = await desk.openConflict(alone)
    assert.deepEqual([left, assignee.chosen, assignee.asksAgain], [1, 'open', true])
    assert.match(assignee.text, /You had kept yours/)
    assert.deepEqual([status.chosen, status.asksAgain], ['mine', false])
    await desk.picture('third-change-offline')
    await desk.choose(assignee.path, 'mine')
    await desk.sendDecision(alone)
    await desk.waitUntilCalm()
    assert.deepEqual([(await task(alone)).assignee, (await task(alone)).status], [ours.id, 'completed'])
  })

  await step('the service has each action once, by the person who did it', async () => {
    for (const room of [watched, alone]) desk.saved.find((entry) => entry.room === room && entry.action === 'reassign').outcome = 'conflict'
    await world.compare(service, desk)
  })
})

journey('One decision: a chain of own edits, somebody who goes to look, and mine brought back', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const relay = await world.relay(service)
  const day = dayOf(await service.hotel())
  const [chain, look, back] = day.rooms('stayover', 3)
  const room = async (number) => (await service.hotel()).rooms.get(number)
  const task = async (number) => Object.values((await room(number)).tasks).find((each) => each.kind === 'stayover')
  let desk

  await step('three rooms are worked here and called off elsewhere', async () => {
    desk = await offlineDesk(world, relay, service, day.lead)
    await desk.press(chain, 'start', 'started')
    await desk.menu(chain, 'pause', 'paused')
    await desk.press(chain, 'resume', 'resumed')
    for (const each of [look, back]) {
      await desk.press(each, 'start', 'started')
      await desk.press(each, 'complete', 'completed')
    }
    await desk.search('')
    for (const each of [chain, look, back]) await service.act(each, 'cancel')
    await desk.syncCenter()
    await relay.restore()
    await conflicts(desk, 3)
    desk.offline = false
    await desk.openFrontDesk()
    await desk.board()
  })

  const ofRoom = async (number) => (await desk.rows()).filter((each) => each.room === number)

  await step('a chain of three own edits is one conflict, and one decision', async () => {
    const rows = await ofRoom(chain)
    assert.deepEqual(rows.map((each) => each.state), ['conflict', 'held', 'held'])
    for (const each of rows.slice(1)) assert.match(each.text, /It waits for an earlier action of the same room, which needs a look/)
    const { fields, status, done } = await desk.openConflict(chain)
    assert.equal(done.length, 3)
    assert.equal(fields.length, 1)
    assert.equal(status.theirs, 'cancelled')
    await desk.picture('chain')
    await desk.choose(status.path, 'mine')
    await desk.sendDecision(chain)
    await conflicts(desk, 2)
    const decisions = (await service.audit()).filter((entry) => entry.action === 'resolve' && entry.entity.id === chain)
    assert.equal(decisions.length, 1)
    assert.equal((await task(chain)).status, 'in_progress')
    await waitFor('all of it at the service', async () => (await ofRoom(chain)).every((each) => ['synced', 'settled'].includes(each.state)))
  })

  await step('"Send someone to look" says what will happen, and "Go back" sends nobody', async () => {
    await desk.openConflict(look)
    await desk.app.click(id('send-to-look'))
    const dialog = await desk.app.get(id('dialog-look'), PATIENT)
    assert.match(await dialog.text(), /No desk calls the room safe to give out until somebody has looked/)
    await desk.picture('look-dialog')
    await desk.app.press('Escape')
    await waitFor('the dialog to close', async () => !(await desk.app.has(id('dialog-look'))))
    await waitFor('the focus where it was', async () => (await desk.focused()).testid === 'send-to-look')
    assert.equal((await desk.conflict()).left, 1)
  })

  const rack = async (what, fits) => {
    await desk.frontDesk()
    await desk.fill(id('rack-search'), look)
    await desk.waitForRack(look, what, fits)
    await desk.picture(`look-${what.split(' ')[0]}`)
    await desk.board()
  }
  const onItsWay = (row) => /somebody was sent to look/i.test(row.words)

  await step('the room stays as the service has it, a check says what both sides say, and the room is not safe', async () => {
    await desk.app.click(id('send-to-look'))
    await desk.app.click(id('look-confirm'), PATIENT)
    await desk.app.get(id('sync-center'), PATIENT)
    desk.note({ room: look, action: 'resolve' })
    desk.note({ room: look, action: 'add_task' })
    await conflicts(desk, 1)
    assert.equal((await task(look)).status, 'cancelled')
    const check = Object.values((await room(look)).tasks).find((each) => each.kind === 'check')
    assert.equal(check.priority, 'urgent')
    assert.match(check.note, /^Look which is so\. .+ here, .+ elsewhere\./)
    await rack('sent, not safe', (row) => !row.safe && onItsWay(row) && !row.contested)
  })

  await step('whoever looked says so, and only then is the room judged by what it is', async () => {
    await desk.app.press('g')
    await desk.app.press('b')
    await desk.app.get(id('board'))
    await desk.search(look)
    await desk.waitForTile(look, 'a check to be done', (tile) => /check/i.test(tile.words))
    await desk.press(look, 'start', 'started')
    await desk.press(look, 'complete', 'completed')
    await desk.search('')
    await rack('looked', (row) => !onItsWay(row))
  })

  await step('"take theirs" leaves both sides in the record, and mine can be brought back', async () => {
    await desk.syncCenter()
    await desk.openConflict(back)
    await desk.app.click(id('take-all-theirs'))
    await desk.waitForConflict('all decided', (conflict) => conflict.left === 0)
    await desk.sendDecision(back)
    await desk.waitUntilCalm()
    assert.equal((await task(back)).status, 'cancelled')
    const decided = await waitFor('the decision, with a way back', async () => (await ofRoom(back)).find((each) => each.can.includes('row-undo')), PATIENT)
    assert.match(decided.text, /Bring mine back/)
    await desk.picture('bring-back')
    await desk.app.click(`${id('outbox-row')}[data-event="${decided.event}"] ${id('row-undo')}`)
    await waitFor('the screen to say so', async () => /brought back/.test(await desk.app.execute((css) => document.querySelector(css)?.innerText ?? '', id('message'))), PATIENT)
    desk.note({ room: back, action: 'undo' })
    await desk.mustHaveFocus('after bringing back')
    await desk.waitUntilCalm()
    assert.deepEqual([(await task(back)).status, (await room(back)).cleanliness], ['completed', 'clean'])
  })

  await step('the service has each action once, by the person who did it', async () => {
    for (const each of [chain, look, back]) desk.saved.find((entry) => entry.room === each && entry.action === 'start').outcome = 'conflict'
    await world.compare(service, desk)
  })
})
