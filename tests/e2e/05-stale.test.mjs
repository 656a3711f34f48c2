// What the desk knows is more than a day old (H11): the board is blocked until it is refreshed or a manager goes on, by
// name and with a reason. What waits can be taken out as a file, stays, and is sent.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { id } from './lib/desk.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }
const REASON = 'the line to the house is cut'

journey('Stale: a day without the service blocks the board and keeps the work', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const relay = await world.relay(service)
  const desk = world.desk()
  const day = dayOf(await service.hotel())
  const [waiting, changed, worked] = day.rooms('stayover', 3)
  const manager = day.staff.find((person) => person.role === 'manager')

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
    await desk.sql("UPDATE sync_state SET value = ?1, sum = NULL WHERE key = 'known_at'", ago)
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
    // Between the head that says whose it is and the sum.
    const events = readFileSync(file, 'utf8').trim().split('\n').slice(1, -1).map((line) => JSON.parse(line))
    assert.deepEqual(events.map((event) => [event.action, event.entity.id]), [['start', waiting]])
    await desk.picture('stale-exported')
  })

  await step('without the service "Refresh now" cannot help, and says why', async () => {
    await desk.app.click(id('stale-refresh'))
    await desk.app.waitForText('cannot be reached', PATIENT)
    assert.ok(await desk.app.has(id('stale-modal')))
    await desk.picture('stale-unreachable')
  })

  await step('a manager goes on with old data, with the keyboard alone', async () => {
    const focused = (mark) => desk.app.execute((css) => document.activeElement?.matches(css) ?? false, id(mark))
    for (let presses = 0; !(await focused('stale-go-on')); presses += 1) {
      assert.ok(presses < 6, 'Tab does not reach the second way')
      await desk.app.press('Tab')
    }
    await desk.app.press('Enter')
    await waitFor('the first manager', () => focused('go-on-manager'), PATIENT)
    const named = () => desk.app.execute(() => document.activeElement.dataset.staff)
    for (let presses = 0; (await named()) !== manager.id; presses += 1) {
      assert.ok(presses < 6, 'the arrow key does not reach the manager')
      await desk.app.press('ArrowDown')
    }
    await desk.picture('stale-managers')
    await desk.app.press('Enter')
    await waitFor('the field for the reason', () => focused('go-on-reason'), PATIENT)
    await desk.app.press('Enter')
    await desk.app.waitForText('Say why, in a few words.', PATIENT)
    await desk.app.type(REASON)
    await desk.picture('stale-reason')
    await desk.app.press('Enter')
    await waitFor('the dialog to go', async () => !(await desk.app.has(id('stale-modal'))), PATIENT)
    desk.person = manager.id
    for (const action of ['sign_in', 'emergency_operation']) desk.saved.push({ room: null, action, actor: manager.id, offline: true })
    await desk.mustHaveFocus('after going on')
  })

  await step('the stamp stands on every screen, and the work goes on', async () => {
    const stamped = async (where) => {
      const stamp = await (await desk.app.get(id('emergency'), PATIENT)).text()
      for (const part of ['Emergency operation until', '25 hours old', manager.name, REASON]) assert.ok(stamp.includes(part), `${where}: ${stamp}`)
    }
    await stamped('the board')
    await desk.press(worked, 'start', 'started')
    await desk.picture('emergency')
    await desk.theme('dark')
    await desk.picture('emergency-dark')
    await desk.theme('light')
    await desk.app.execute(() => document.documentElement.setAttribute('dir', 'rtl'))
    await desk.picture('emergency-rtl')
    await desk.app.execute(() => document.documentElement.removeAttribute('dir'))
    await desk.app.press('Control', 'j')
    await desk.app.get(id('sync-center'), PATIENT)
    await stamped('the Sync Center')
    await desk.picture('emergency-sync-center')
    await desk.openFrontDesk()
    await stamped('the front desk')
    await waitFor('no room to be called safe', () => desk.app.execute((css) => {
      const rooms = [...document.querySelectorAll(css)]
      return rooms.length > 0 && rooms.every((room) => room.dataset.safe === 'false')
    }, id('rack-room')), PATIENT)
    await desk.picture('emergency-front-desk')
    await desk.board()
    await desk.app.click(id('nav-board'))
    await desk.app.get(id('tile'), PATIENT)
  })

  await step('with the service back it ends by itself, and what waited is sent', async () => {
    await relay.restore()
    await desk.app.click(id('emergency-refresh'))
    await waitFor('the stamp to go', async () => !(await desk.app.has(id('emergency'))), PATIENT)
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
