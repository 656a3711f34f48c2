// What a screen reader is given in the real window (ui.md 10, line 51): roles, names and states of the board and the
// front desk, as WebKit tells them over AT-SPI, beside the trees that are kept.

import { compareTree } from './lib/golden.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { Listener } from './lib/listener.mjs'

journey('Trees: what a screen reader has of the two windows', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const listener = await Listener.open(world)
  const desk = world.desk()
  const day = dayOf(await service.hotel())
  const compare = async (name, title) => world.say(`${await compareTree(name, () => listener.tree(title))} lines`)

  await step('a desk that is listened to', async () => {
    await desk.start(listener.env)
    await desk.connect(service.url, await service.code())
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

  await step('the service has each action once, by the person who did it', async () => {
    await desk.waitUntilCalm()
    await world.compare(service, desk)
  })
})
