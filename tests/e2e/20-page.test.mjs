// The page of a window ends, as it does when the system's web engine has a fault or the machine is short of memory. The
// desk goes on, the windows come back by themselves with all that was recorded, and work goes on by keyboard. The driver
// lets go of an app whose page ended: from then on this journey listens, and strikes keys through the display.

import { Hand } from './lib/hand.mjs'
import { dayOf } from './lib/hotel.mjs'
import { PAGE_ENDED, journey } from './lib/journey.mjs'
import { Listener } from './lib/listener.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }

journey('Page: a window whose page ends comes back with the work', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const relay = await world.relay(service)
  const listener = await Listener.open(world)
  const desk = world.desk()
  const hand = new Hand(world, desk)
  const day = dayOf(await service.hotel())
  const [before, after] = day.rooms('stayover', 2)

  /** A line of the tree that a screen reader has, once there is one. */
  const line = (what, wanted, title) => waitFor(`${what} in the window's tree`, async () => {
    const lines = (await listener.tree(title)).map((each) => each.replace(/[\u2066-\u2069]/g, ''))
    return lines.find((each) => wanted.test(each))
  }, PATIENT)
  const ends = () => world.logLines(world.path('desk', 'logs')).filter(({ fields }) => PAGE_ENDED.test(fields.message))

  await step('a desk with both windows, and work that waits for the network', async () => {
    await desk.start(listener.env)
    await desk.connect(relay.url, await service.code())
    await desk.work(day.lead)
    await desk.waitUntilCalm()
    await listener.listen()
    await desk.openFrontDesk()
    await desk.board()
    await relay.cut()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    await desk.key(before, 's', 'start', 'started')
  })

  await step('the pages of both windows end', async () => {
    const pages = await desk.pages()
    world.say(`${pages.length} processes with pages`)
    for (const page of pages) process.kill(page, 'SIGKILL')
    await waitFor('the log to say so of both windows', () => new Set(ends().map(({ fields }) => fields.label)).size === 2, PATIENT)
  })

  await step('both come back by themselves, say so, and have what was recorded', async () => {
    for (const title of ['Board', 'Front Desk']) world.say((await line('the message', /WINDOW_DRAWN_ANEW/, title)).trim())
    world.say((await line('the room that was started', /region "In progress 1 task /, 'Board')).trim())
  })

  await step('work goes on by keyboard', async () => {
    await hand.turnTo(await hand.window('Turndown'))
    await hand.strike('e', 'ctrl')
    await hand.strike(after)
    await hand.key('space')
    await hand.strike('start')
    await hand.key('Return')
    world.say((await line('both rooms', /region "In progress 2 tasks /, 'Board')).trim())
    desk.note({ room: after, action: 'start' })
  })

  await step('the service has each action once, by the person who did it', async () => {
    await relay.restore()
    await line('that all is sent', /Up to date/, 'Board')
    await world.compare(service, desk)
  })
})
