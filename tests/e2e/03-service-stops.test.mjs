// The other two ways to be alone (H22): somebody plans a shift without a connection, and the service itself is stopped
// and started again. The work is the same, and so is its end.

import assert from 'node:assert/strict'
import { id } from './lib/desk.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'

journey('Service stopped: a planned shift, and a service that is gone for a while', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const desk = world.desk()
  const day = dayOf(await service.hotel())
  const [planned, kept, stopped] = day.rooms('stayover', 3)

  await step('a desk at work', async () => {
    await desk.start()
    await desk.connect(service.url, await service.code())
    await desk.work(day.lead)
    await desk.waitUntilCalm()
  })

  await step('"Work offline": nothing is sent although the service answers (H22)', async () => {
    await desk.app.click(id('work-offline'))
    await desk.waitForPill('working offline', (pill) => pill.tone === 'planned' && /working offline/i.test(pill.text))
    desk.offline = true
    await desk.search(planned)
    await desk.press(planned, 'start', 'started')
    await desk.press(planned, 'complete', 'completed')
    await desk.waitForTile(planned, 'waiting', (tile) => tile.local === 'waiting')
    const pill = await desk.waitForPill('2 pending', (pill) => pill.waiting === 2 && /2 pending/.test(pill.text))
    world.say(`pill: ${pill.text}`)
    await desk.picture('planned-shift')
    await desk.app.press('Control', 'j')
    await desk.app.click(id('sync-now'))
    const task = Object.values((await service.hotel()).rooms.get(planned).tasks)[0]
    assert.equal(task.status, 'ready', 'it was sent during a planned shift')
    await desk.picture('planned-shift-sync-center')
    await desk.app.press('g')
    await desk.app.press('b')
    await desk.app.get(id('board'))
  })

  await step('a planned shift outlives the app', async () => {
    await desk.quit()
    await desk.start()
    await desk.app.get(id('tile'), { timeoutMs: 60_000 })
    await desk.waitForPill('working offline, 2 pending', (pill) => pill.tone === 'planned' && pill.waiting === 2)
    await desk.search(kept)
    await desk.press(kept, 'start', 'started')
  })

  await step('its end sends everything', async () => {
    await desk.app.click(id('work-offline'))
    await desk.waitUntilCalm()
    desk.offline = false
  })

  await step('the service is stopped: work goes on', async () => {
    await service.stop()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    await desk.search(stopped)
    await desk.press(stopped, 'start', 'started')
    await desk.menu(stopped, 'pause', 'paused')
    await desk.waitForPill('2 pending', (pill) => pill.tone === 'offline' && pill.waiting === 2)
    await desk.app.press('Control', 'j')
    await desk.app.waitForText("The hotel's service cannot be reached.")
    await desk.picture('service-stopped-sync-center')
  })

  await step('the service is started again: everything is sent by itself', async () => {
    await service.start()
    await desk.waitUntilCalm()
    desk.offline = false
    await desk.app.get(`${id('outbox-row')}[data-state="synced"][data-room="${stopped}"]`)
  })

  await step('the service has each action once, by the person who did it', () => world.compare(service, desk))
})
