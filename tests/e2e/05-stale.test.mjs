// What the desk knows is more than a day old (H11): the board is blocked until it is refreshed, what waits can be taken
// out as a file, stays, and is sent.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { id } from './lib/desk.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }

journey('Stale: a day without the service blocks the board and keeps the work', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const relay = await world.relay(service)
  const desk = world.desk()
  const day = dayOf(await service.hotel())
  const [waiting, changed] = day.rooms('stayover', 2)

  await step('work that waits, and then a day goes by', async () => {
    await desk.start()
    await desk.connect(relay.url, await service.code())
    await desk.work(day.lead)
    await desk.waitUntilCalm()
    await relay.cut()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    await desk.press(waiting, 'start', 'started')
    await desk.quit()
    const ago = new Date(Date.now() - 25 * 60 * 60 * 1000).toISOString()
    await desk.sql("UPDATE sync_state SET value = ?1 WHERE key = 'known_at'", ago)
    assert.deepEqual(await desk.sql("SELECT value FROM sync_state WHERE key = 'known_at'"), [[ago]])
    await service.act(changed, 'start')
  })

  await step('the board is blocked, by its code (H11)', async () => {
    await desk.start()
    const modal = await desk.app.get(id('stale-modal'), PATIENT)
    assert.equal(await modal.attribute('role'), 'alertdialog')
    assert.match(await modal.text(), /OFFLINE_PRIMER_STALE/)
    assert.match(await modal.text(), /1 waiting/)
    await desk.mustHaveFocus('in the dialog')
    await desk.picture('stale')
  })

  await step('neither Esc nor a click beside it nor the keys get past it', async () => {
    await desk.app.press('Escape')
    await desk.app.execute(() => document.querySelector('.overlay').click())
    for (let presses = 0; presses < 6; presses += 1) {
      await desk.app.press('Tab')
      assert.ok(await desk.app.execute((css) => document.querySelector(css).contains(document.activeElement), id('stale-modal')), 'Tab led out of the dialog')
    }
    await desk.app.press('Control', 'j')
    assert.ok(await desk.app.has(id('stale-modal')))
    assert.ok(await desk.app.has(id('board')), 'a key led away behind the dialog')
    const refused = await desk.app.executeAsync((task, room) =>
      window.__TAURI_INTERNALS__
        .invoke('act', { request: { intentId: '01J00000000000000000000000', roomId: room, action: { action: 'complete', args: { task } } } })
        .then(() => 'done', (error) => error.code),
    Object.keys((await service.hotel()).rooms.get(waiting).tasks)[0], waiting)
    assert.equal(refused, 'OFFLINE_PRIMER_STALE')
  })

  await step('what waits can be taken out as a file', async () => {
    await desk.app.click(id('stale-export'))
    const file = await waitFor('the path of the file', () => desk.app.execute(() => document.querySelector('.stale-file bdi')?.innerText), PATIENT)
    const events = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line))
    assert.deepEqual(events.map((event) => [event.action, event.entity.id]), [['start', waiting]])
    await desk.picture('stale-exported')
  })

  await step('without the service "Refresh now" cannot help, and says why', async () => {
    await desk.app.click(id('stale-refresh'))
    await desk.app.waitForText('cannot be reached', PATIENT)
    assert.ok(await desk.app.has(id('stale-modal')))
    await desk.picture('stale-unreachable')
  })

  await step('with the service back, "Refresh now" clears it and what waited is sent', async () => {
    await relay.restore()
    await desk.app.execute((css) => document.querySelector(css)?.click(), id('stale-refresh'))
    await waitFor('the dialog to go', async () => !(await desk.app.has(id('stale-modal'))), PATIENT)
    await desk.waitUntilCalm()
    desk.offline = false
    await desk.mustHaveFocus('after the dialog')
    await desk.search(waiting)
    await desk.waitForTile(waiting, 'sent', (tile) => tile.local === 'server' && tile.column === 'inProgress')
    await desk.search(changed)
    await desk.waitForTile(changed, 'as another workplace left it', (tile) => tile.column === 'inProgress')
    await desk.picture('fresh-again')
  })

  await step('the service has each action once, by the person who did it', () => world.compare(service, desk))
})
