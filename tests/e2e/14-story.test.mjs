// The room's story: one timeline of what this desk and others did, what was received, what was in conflict and what was
// decided, by whom and when. It is there without a network, and where the network takes everything and answers nothing.

import assert from 'node:assert/strict'
import { id } from './lib/desk.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }

/** The story that is open, the newest first. */
const told = (desk) =>
  desk.app.execute((css) => [...document.querySelectorAll(css)].map((line) => ({
    what: line.querySelector('.story-what b').innerText.replace(/[\u2066-\u2069]/g, ''),
    who: line.querySelector('.story-what small').innerText.replace(/[\u2066-\u2069]/g, ''),
    steps: [...line.querySelectorAll('.story-steps li')].map((step) => ({ what: step.querySelector('span').innerText.replace(/[\u2066-\u2069]/g, ''), at: step.querySelector('time')?.dateTime ?? null })),
    attention: line.dataset.attention !== undefined,
    waiting: line.dataset.waiting !== undefined,
  })), id('story-line'))

journey('Story: what happened in a room, here and elsewhere, with and without an answer', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const relay = await world.relay(service)
  const hotel = await service.hotel()
  const day = dayOf(hotel)
  const [room] = day.rooms('stayover', 1)
  const holder = Object.values(hotel.rooms.get(room).tasks)[0].assignee
  const [ours, theirs] = day.staff.filter((person) => person.role === 'attendant' && person.id !== holder)
  const desk = world.desk()
  const alone = () => desk.app.execute((css) => document.querySelector(css)?.innerText ?? null, id('story-alone'))

  /** By keyboard: to the board, from anywhere. */
  const toBoard = async () => {
    await desk.app.press('g')
    await desk.app.press('b')
    await desk.app.get(id('board-search'), PATIENT)
    await desk.goTo(room)
  }

  /** By keyboard: from the board through the room's details to its story. */
  const openStory = async () => {
    await toBoard()
    await desk.app.press('Enter')
    await desk.app.get(id('dialog-details'))
    await desk.tabTo('details-story')
    await desk.app.press('Enter')
    await desk.app.get(`${id('story')}[data-entity="${room}"]`, PATIENT)
    await waitFor('the focus on the heading', () => desk.app.execute(() => document.activeElement.tagName === 'H1'))
  }

  const waitForStory = async (what, fits) => {
    let last
    return waitFor(`the story: ${what}`, async () => {
      last = await told(desk)
      return fits(last) ? last : false
    }, PATIENT).catch((error) => {
      throw new Error(`${error.message}; it says ${JSON.stringify(last)}`, { cause: error })
    })
  }

  await step('a room is started', async () => {
    await desk.start()
    await desk.connect(relay.url, await service.code())
    await desk.work(day.lead)
    await desk.waitUntilCalm()
    await desk.press(room, 'start', 'started')
    await desk.waitUntilCalm()
  })

  await step('a network that takes everything and answers nothing holds nobody up', async () => {
    // The desk has not noticed yet: it asks, and waits in vain.
    await relay.swallow()
    await openStory()
    await waitForStory('what was done here', (lines) => lines.length === 1 && /^Started/.test(lines[0].what))
    assert.match(await alone(), /what was done at this desk/)
    await desk.picture('swallowed')
    await relay.restore()
    await desk.waitUntilCalm()
    await waitFor('the story to be whole again', async () => (await alone()) === null, PATIENT)
    await toBoard()
  })

  await step('it is given to two people, on both sides of a cut', async () => {
    await relay.cut()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    await desk.reassignByKeys(room, ours)
    await service.act(room, 'reassign', '--to', theirs.id)
  })

  await step('offline the story has what was done here, at once, and says that it is alone', async () => {
    await openStory()
    const [given, started] = await waitForStory('two lines', (lines) => lines.length === 2)
    assert.match(given.what, new RegExp(`^Gave the stayover service to ${ours.name}`))
    assert.match(given.who, new RegExp(`^${day.lead.name} · this desk · .*offline`, 'i'))
    assert.ok(given.waiting)
    assert.match(started.what, /^Started/)
    assert.deepEqual(started.steps.map((each) => each.what), ['Saved at this desk', 'Taken by the service'])
    assert.ok(started.steps.every((each) => each.at !== null), 'both clocks stand beside it')
    assert.match(await alone(), /what was done at this desk/)
    await desk.picture('offline')
  })

  await step('the network is back: the other side stands in its place, and the conflict beside what was done here', async () => {
    await relay.restore()
    await desk.waitForPill('one to decide', (pill) => pill.state === 'online' && pill.waiting === 0 && pill.attention > 0)
    desk.offline = false
    await openStory()
    const lines = await waitForStory('three lines', (lines) => lines.length === 3)
    const given = lines.find((line) => line.what.includes(ours.name))
    const elsewhere = lines.find((line) => line.what.includes(theirs.name))
    assert.ok(given.attention)
    assert.deepEqual(given.steps.slice(0, 2).map((each) => each.what), ['Saved at this desk', 'In conflict: a person decides (STATUS_CONFLICT_ON_FLUSH)'])
    assert.doesNotMatch(elsewhere.who, /this desk/)
    assert.equal(elsewhere.steps[0].what, 'Taken by the service')
    assert.equal(await alone(), null)
    await desk.picture('conflict')
  })

  await step('what was decided stands on top while the story is open, with what it settled', async () => {
    await desk.syncCenter()
    const { assignee } = await desk.openConflict(room)
    await desk.choose(assignee.path, 'mine')
    await desk.sendDecision(room)
    await desk.waitUntilCalm()
    await openStory()
    const lines = await waitForStory('the decision', (lines) => lines.length === 4 && lines.every((line) => !line.attention && !line.waiting))
    assert.match(lines[0].what, /decided/i)
    assert.equal(lines[0].steps[0].what, `Assigned to (stayover service): ${ours.name}, as it was done here`)
    assert.equal(lines[0].steps.at(-1).what, 'Taken by the service')
    const given = lines.find((line) => line.what.includes(ours.name) && line !== lines[0])
    assert.ok(given.steps.some((each) => each.what.startsWith('In conflict')), 'the conflict stays in the story')
    assert.ok(given.steps.some((each) => /settled/i.test(each.what)))
    assert.equal(Object.values((await service.hotel()).rooms.get(room).tasks)[0].assignee, ours.id)
    await desk.picture('decided')
  })

  await step('the service has each action once, by the person who did it', async () => {
    desk.saved.find((entry) => entry.action === 'reassign').outcome = 'conflict'
    await world.compare(service, desk)
  })
})
