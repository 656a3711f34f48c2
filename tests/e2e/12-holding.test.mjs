// Holding back, in the real window (H15): a room is put on hold before an outage, from its tile by keyboard and mouse, its
// work stays at the desk while all else flows, every row of it says why, and it goes when somebody lets it. Then the
// sending is paused and goes on.

import assert from 'node:assert/strict'
import { id } from './lib/desk.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }
const WHY = 'The guest may come back'

journey('Holding back: a room on hold, and the sending paused', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const relay = await world.relay(service)
  const desk = world.desk()
  const day = dayOf(await service.hotel())
  const [held, free, noted, rushed] = day.rooms('stayover', 4)

  /** What the row of the Sync Center says: `{state, words}`. */
  const rows = (room) =>
    desk.app.execute(
      (css) => [...document.querySelectorAll(css)].map((row) => ({ state: row.dataset.state, words: row.innerText.replace(/\s+/g, ' ') })),
      `${id('outbox-row')}[data-room="${room}"]`,
    )
  const ledger = (what, fits) =>
    waitFor(`the sum: ${what}`, async () => {
      const sum = await desk.ledger()
      return sum !== null && fits(sum) ? sum : false
    }, PATIENT)

  await step('a desk at work', async () => {
    await desk.start()
    await desk.connect(relay.url, await service.code())
    await desk.work(day.lead)
    await desk.waitUntilCalm()
  })

  await step('a room is put on hold, and not without a reason', async () => {
    await desk.menu(held, 'hold')
    await desk.app.get(id('dialog-hold'))
    await desk.app.press('Enter')
    await desk.app.waitForText('Say why, so that the next person knows.')
    await desk.app.type(WHY)
    await desk.app.press('Enter')
    await desk.waitForTile(held, 'on hold', (tile) => /on hold/i.test(tile.words) && /On hold/.test(tile.text))
    desk.note({ action: 'put_on_hold' })
    await waitFor('the announcement', async () => /on hold/i.test(await desk.spoken()))
    await desk.mustHaveFocus('after the dialog')
  })

  await step('the outage: both rooms are worked in', async () => {
    await relay.cut()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    for (const room of [held, free]) {
      await desk.press(room, 'start', 'started')
      await desk.press(room, 'complete', 'completed')
    }
    await desk.picture('holding-board')
  })

  await step('the network returns: the other room goes, this one stays and says why', async () => {
    await relay.restore()
    await desk.waitForPill('two actions on hold', (pill) => pill.state === 'online' && pill.waiting === 2 && /2 on hold/.test(pill.text))
    desk.offline = false
    await desk.app.click(id('nav-sync'))
    await ledger('two wait', (sum) => sum.waiting === 2 && sum.balanced)
    await desk.app.click(id('ledger-waiting'))
    const waiting = await waitFor('its rows', async () => {
      const found = await rows(held)
      return found.length === 2 ? found : false
    })
    for (const row of waiting) {
      assert.match(row.words, /On hold/)
      assert.ok(row.words.includes(WHY) && row.words.includes(day.lead.name) && row.words.includes('ROOM_ON_HOLD'), row.words)
    }
    const card = await desk.app.execute((css) => document.querySelector(css)?.innerText, id('hold-card'))
    assert.ok(card.includes(held) && card.includes(WHY) && /2 actions wait/.test(card), card)
    await desk.picture('holding-sync')
  })

  await step('killed and opened again, it is still on hold', async () => {
    await desk.kill()
    await desk.start()
    await desk.waitForPill('two actions on hold', (pill) => pill.state === 'online' && pill.waiting === 2 && /2 on hold/.test(pill.text))
  })

  await step('somebody lets it go, and it arrives', async () => {
    await desk.app.click(id('nav-sync'))
    await desk.app.click(id('let-go'))
    desk.note({ action: 'let_go' })
    await ledger('nothing waits', (sum) => sum.waiting === 0 && sum.attention === 0)
    assert.equal(await desk.app.has(id('hold-card')), false)
  })

  await step('the sending is paused: what others do comes in, and nothing goes out', async () => {
    await desk.app.click(id('pause-sending'))
    await desk.waitForPill('paused', (pill) => /paused/i.test(pill.text))
    await desk.app.click(id('nav-board'))
    await desk.app.get(id('tile'), PATIENT)
    const before = (await service.audit()).length
    await desk.press(noted, 'start', 'started')
    await service.act(rushed, 'rush')
    await desk.search(rushed)
    await desk.waitForTile(rushed, 'a rush, as the service has it', (tile) => /rush/i.test(tile.words))
    assert.equal((await service.audit()).filter((entry) => entry.action === 'start').length, 2, 'the third start is kept here')
    assert.ok((await service.audit()).length > before)
    await desk.app.click(id('nav-sync'))
    await desk.app.click(id('ledger-waiting'))
    const [row] = await waitFor('its row', async () => {
      const found = await rows(noted)
      return found.length === 1 ? found : false
    })
    assert.ok(row.words.includes('SENDING_PAUSED'), row.words)
    await desk.picture('holding-paused')
    await desk.app.click(id('pause-sending'))
    await ledger('nothing waits', (sum) => sum.waiting === 0 && sum.attention === 0)
  })

  await step('what the screen called saved is at the service, once and in order', async () => {
    await desk.quit()
    await world.compare(service, desk)
  })
})
