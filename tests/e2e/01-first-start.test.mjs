// The first start of a desk: which hotel, its first load, who is working, and the day on the board (H1, H2, H3, H8, H9,
// H12, H14, H24).

import assert from 'node:assert/strict'
import { id } from './lib/desk.mjs'
import { journey } from './lib/journey.mjs'
import { dayOf } from './lib/hotel.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }

journey('First start: from an address and a code to the day on the board', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const relay = await world.relay(service)
  const desk = world.desk()
  const day = dayOf(await service.hotel())

  await step('the first screen asks which hotel', async () => {
    await desk.start()
    await desk.app.get(id('setup'), PATIENT)
    await desk.mustHaveFocus('at the start')
    await desk.picture('set-up')
  })

  await step('a code that nobody gave is refused where it was typed', async () => {
    await desk.findHotel(relay.url, 'AAAA-BBBB')
    const problem = await desk.app.get(id('problem'), PATIENT)
    assert.equal(await problem.attribute('data-code'), 'CODE_UNKNOWN')
    await desk.picture('wrong-code')
  })

  await step("the right code shows the hotel's name, then its first load", async () => {
    await desk.findHotel(relay.url, await service.code())
    await desk.app.get(id('setup-found'), PATIENT)
    await desk.app.waitForText('City Hotel')
    await desk.picture('is-this-your-hotel')
    await desk.app.click(id('setup-confirm'))
    await desk.app.get(id('who'), PATIENT)
    await desk.picture('who-is-working')
  })

  await step('who is working is chosen by typing a name', () => desk.work(day.lead))

  await step('the board shows the day that the service has (H2)', async () => {
    const lanes = await waitFor('every task on the board', async () => {
      const lanes = await desk.lanes()
      return lanes.dirty + lanes.inProgress + lanes.clean + lanes.inspected === day.tasks.length ? lanes : false
    }, PATIENT)
    assert.deepEqual(lanes, { dirty: day.tasks.length, inProgress: 0, clean: 0, inspected: 0 })
    await desk.waitUntilCalm()
    await desk.mustHaveFocus('on the board')
    const nodes = await desk.app.execute(() => document.querySelectorAll('*').length)
    world.say(`${day.tasks.length} tasks, ${nodes} nodes in the page`)
    assert.ok(nodes < 2500, `${nodes} nodes: the board is not windowed`)
    await desk.theme('light')
    await desk.picture('board-light')
    await desk.theme('dark')
    await desk.picture('board-dark')
  })

  const [room, other] = day.rooms('stayover', 2)
  await step('work is shown at once, is sent, and the front desk follows (H1, H3, H9)', async () => {
    await desk.openFrontDesk()
    await desk.fill(id('rack-search'), room)
    await desk.picture('front-desk-dark')
    await desk.board()
    await desk.press(room, 'start', 'started')
    await desk.waitForTile(room, 'in progress', (tile) => tile.column === 'inProgress')
    await desk.frontDesk()
    await desk.waitForRack(room, 'in progress', (row) => /in progress/i.test(row.words))
    await desk.board()
    await desk.waitForTile(room, 'sent', (tile) => tile.local === 'server')
    await desk.press(room, 'complete', 'completed')
    await desk.frontDesk()
    await desk.waitForRack(room, 'clean', (row) => row.cleanliness === 'clean')
    await desk.board()
    await desk.waitUntilCalm()
  })

  await step('what another workplace does appears by itself', async () => {
    await service.act(other, 'start')
    await desk.search(other)
    await desk.waitForTile(other, 'in progress', (tile) => tile.column === 'inProgress' && tile.local === 'server')
    await desk.search('')
  })

  await step('the Sync Center opens by its shortcut and lists what was recorded (H14, H24)', async () => {
    await desk.app.press('Control', 'j')
    await desk.app.get(id('sync-center'))
    await desk.app.get(`${id('outbox-row')}[data-state="synced"][data-room="${room}"]`)
    await waitFor('a sum that comes out', async () => {
      const ledger = await desk.ledger()
      return ledger.balanced && ledger.all === desk.saved.length && ledger.acknowledged === ledger.all
    })
    await desk.picture('sync-center-dark')
    await desk.theme('light')
    await desk.picture('sync-center-light')
    await desk.app.press('g')
    await desk.app.press('b')
    await desk.app.get(id('board'))
    await desk.app.press('g')
    await desk.app.press('s')
    await desk.app.get(id('sync-center'))
    await desk.mustHaveFocus('in the Sync Center')
  })

  await step('every action was timed by the probe (H12)', async () => {
    const samples = await desk.app.execute(() => window.__turndownProbe.samples())
    assert.deepEqual(samples.map((sample) => sample.action), ['start', 'complete'])
  })

  await step('the service has each action once, by the person who did it', () => world.compare(service, desk))
})
