// What a screen reader is given in the real window (ui.md 10, line 51): roles, names and states of the board, the
// front desk, the cockpit and the Sync Center, as WebKit tells them over AT-SPI, beside the trees that are kept.

import { compareTree } from './lib/golden.mjs'
import { id } from './lib/desk.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { Listener } from './lib/listener.mjs'

const PATIENT = { timeoutMs: 60_000 }

journey('Trees: what a screen reader has of the two windows', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const relay = await world.relay(service)
  const listener = await Listener.open(world)
  const desk = world.desk()
  const day = dayOf(await service.hotel())
  const [contested, waiting] = day.rooms('stayover', 2)
  const compare = async (name, ...of) => world.say(`${await compareTree(name, () => listener.tree(...of))} lines`)

  await step('a desk that is listened to', async () => {
    await desk.start(listener.env)
    await desk.connect(relay.url, await service.code())
    await desk.work(day.lead)
    await desk.waitUntilCalm()
    await listener.listen()
  })

  await step('the board with its frame', async () => {
    await compare('board', 'Board')
  })

  await step('the front desk', async () => {
    await desk.openFrontDesk()
    await compare('front-desk', 'Front Desk')
    await desk.board()
  })

  await step('the cockpit, with the network gone and work that waits', async () => {
    await relay.cut()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    await desk.key(contested, 's', 'start', 'started')
    await desk.key(waiting, 's', 'start', 'started')
    await service.act(contested, 'cancel')
    await desk.app.click(id('pill'))
    await desk.app.get(id('cockpit'), PATIENT)
    await compare('cockpit', 'Board', 'dialog')
    await desk.app.press('Escape')
  })

  await step('the Sync Center, with a conflict to decide', async () => {
    await relay.restore()
    desk.offline = false
    await desk.waitForPill('one conflict', (pill) => pill.attention === 1 && pill.waiting === 0)
    await desk.syncCenter()
    await compare('sync-center', 'Sync Center', 'main')
    const { fields } = await desk.openConflict(contested)
    for (const { path } of fields) await desk.choose(path, 'theirs')
    await desk.sendDecision(contested)
    desk.saved.find((entry) => entry.room === contested && entry.action === 'start').outcome = 'conflict'
    await desk.board()
  })

  await step('the service has each action once, by the person who did it', async () => {
    await desk.waitUntilCalm()
    await world.compare(service, desk)
  })
})
