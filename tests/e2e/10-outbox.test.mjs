// The outbox when not everything goes well (H14, H18, H24): what can flow flows, each of the rest says why and is settled
// by itself; and thousands of rows are as easy to look at as ten.

import assert from 'node:assert/strict'
import { id } from './lib/desk.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }

journey('Partial failure: what can flow flows, and each of the rest is settled by itself', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const relay = await world.relay(service)
  const desk = world.desk()
  const hotel = await service.hotel()
  const day = dayOf(hotel)
  const flowing = day.rooms('stayover', 3)
  const [failing, givenUp, contested] = day.rooms('stayover', 3)
  const assigned = [failing, givenUp].map((room) => Object.values(hotel.rooms.get(room).tasks)[0].assignee)
  const leaving = day.staff.find((person) => person.role === 'attendant' && !assigned.includes(person.id))
  let takeBack

  const row = async (room, fits = () => true) => (await desk.rows()).find((each) => each.room === room && fits(each))
  const waitForRow = (room, what, fits) => waitFor(`a row of room ${room}: ${what}`, () => row(room, fits), PATIENT)
  const reassigned = (each) => /assign|gave|given/i.test(each.what)
  const sum = async () => {
    const ledger = await desk.ledger()
    assert.ok(ledger.balanced, JSON.stringify(ledger))
    return ledger
  }

  await step('seven actions in six rooms wait, while somebody leaves the house and a room changes elsewhere', async () => {
    await desk.start()
    await desk.connect(relay.url, await service.code())
    await desk.work(day.lead)
    await desk.waitUntilCalm()
    await relay.cut()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    for (const room of flowing) await desk.press(room, 'start', 'started')
    await desk.reassignByKeys(failing, leaving)
    await desk.press(failing, 'start', 'started')
    await desk.reassignByKeys(givenUp, leaving)
    await desk.search(contested)
    await desk.press(contested, 'start', 'started')
    await desk.search('')
    takeBack = await service.letGo(leaving)
    await service.act(contested, 'cancel')
  })

  await step('the rest flows; the Sync Center says how much did not, and by which code', async () => {
    await relay.restore()
    await desk.waitForPill('something needs a look', (pill) => pill.state === 'online' && pill.waiting === 0 && pill.attention > 0)
    desk.offline = false
    await desk.syncCenter()
    await desk.app.waitForText('OUTBOX_PARTIAL_FAILURE', PATIENT)
    await desk.filter('attention')
    const rows = await waitFor('four rows that need a look', async () => {
      const rows = await desk.rows()
      return rows.length === 4 ? rows : false
    })
    const states = (room) => rows.filter((each) => each.room === room).map((each) => each.state)
    assert.deepEqual(states(failing), ['failed', 'held'], 'what stands behind it in its room waits with it')
    assert.deepEqual(states(givenUp), ['failed'])
    assert.deepEqual(states(contested), ['conflict'])
    const failed = rows.filter((each) => each.state === 'failed')
    for (const each of failed) {
      assert.equal(each.code, 'STAFF_UNKNOWN')
      assert.match(each.text, /staff list/)
      assert.equal(each.tries, 1)
      assert.deepEqual(each.can, ['retry', 'give-up'])
    }
    // An error and a conflict are different things, with different verbs.
    const [conflict] = rows.filter((each) => each.state === 'conflict')
    assert.deepEqual([conflict.code, conflict.can], ['STATUS_CONFLICT_ON_FLUSH', ['row-decide']])
    assert.match(rows.find((each) => each.state === 'held').text, /It waits for an earlier action of the same room, which needs a look/)
    const ledger = await sum()
    assert.deepEqual([ledger.attention, ledger.waiting, ledger.discarded], [4, 0, 0])
    await desk.picture('partial-failure')
    await desk.filter('acknowledged')
    for (const room of flowing) await waitForRow(room, 'taken', (each) => each.state === 'synced')
  })

  await step('a code on screen leads to what the playbook says of it', async () => {
    await desk.filter('attention')
    for (const code of ['OUTBOX_PARTIAL_FAILURE', 'STAFF_UNKNOWN', 'STATUS_CONFLICT_ON_FLUSH']) {
      await desk.app.execute((code) => [...document.querySelectorAll('a.code')].find((each) => each.innerText === code).click(), code)
      await desk.app.get(id('playbook'), PATIENT)
      await waitFor(`the focus on ${code}`, () => desk.app.execute(() => document.activeElement?.matches('.playbook tr, .playbook h2') ?? false))
      await desk.syncCenter()
    }
  })

  await step('"Retry" of one that cannot go yet says so again, and touches no other', async () => {
    const still = async () => (await desk.rows()).filter((each) => each.room !== failing).map(({ text, ...each }) => each)
    const before = await still()
    const { event } = await row(failing, (each) => each.state === 'failed')
    await desk.app.click(`${id('outbox-row')}[data-event="${event}"] ${id('retry')}`)
    const again = await waitForRow(failing, 'failed anew', (each) => each.state === 'failed' && each.event !== event)
    desk.note({ room: failing, action: 'reassign', outcome: 'rejected' })
    assert.equal(again.code, 'STAFF_UNKNOWN')
    assert.deepEqual(await still(), before)
    // The first try is a row of its own, and waits for what becomes of the second.
    await waitFor('the first to be counted with it', async () => (await sum()).attention === 5, PATIENT)
  })

  await step('"Retry all failed" tries each of them once more, and says how many', async () => {
    const failed = async () => (await desk.rows()).filter((each) => each.state === 'failed')
    const before = (await failed()).map((each) => each.event)
    assert.equal(before.length, 2)
    await desk.app.click(id('retry-failed'))
    await desk.app.waitForText('2 actions are tried again.', PATIENT)
    await waitFor('both to have failed anew', async () => {
      const now = await failed()
      return now.length === 2 && now.every((each) => !before.includes(each.event) && each.code === 'STAFF_UNKNOWN')
    }, PATIENT)
    // In the order in which they failed: the other room's first try is older than this one's second.
    for (const room of [givenUp, failing]) desk.note({ room, action: 'reassign', outcome: 'rejected' })
    await waitFor('what stands behind them to be counted with them', async () => (await sum()).attention === 7, PATIENT)
  })

  await step('when the reason has passed, "Retry" brings that one and what waits behind it, and touches no other', async () => {
    await takeBack()
    await waitFor('the service to be heard again', async () => (await desk.pill()).state === 'online', PATIENT)
    const still = async () => (await desk.rows()).filter((each) => each.room !== failing).map(({ text, ...each }) => each)
    const before = await still()
    const { event } = await row(failing, (each) => each.state === 'failed')
    await desk.app.click(`${id('outbox-row')}[data-event="${event}"] ${id('retry')}`)
    await desk.waitForPill('the others', (pill) => pill.waiting === 0 && pill.attention === 3)
    await waitFor('its room to have gone', async () => (await row(failing)) === undefined, PATIENT)
    desk.note({ room: failing, action: 'reassign', again: true })
    assert.deepEqual(await still(), before)
    await waitFor('the others alone to be counted', async () => (await sum()).attention === 3, PATIENT)
    const task = Object.values((await service.hotel()).rooms.get(failing).tasks)[0]
    assert.deepEqual([task.assignee, task.status], [leaving.id, 'in_progress'])
  })

  await step('giving up asks why, says who, and can be undone while it waits', async () => {
    await relay.cut()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    const { event } = await row(givenUp, (each) => each.state === 'failed')
    await desk.app.click(`${id('outbox-row')}[data-event="${event}"] ${id('give-up')}`)
    await desk.app.click(id('give-up-confirm'), PATIENT)
    await desk.app.waitForText('Say why, so that the next person knows.')
    await desk.picture('give-up')
    await desk.fill(id('give-up-reason'), 'she does not work here any more')
    await desk.app.click(id('give-up-confirm'))
    await waitFor('the dialog to close', async () => !(await desk.app.has(id('dialog-give-up'))), PATIENT)
    desk.note({ room: givenUp, action: 'discard' })
    await desk.mustHaveFocus('after giving up')
    await desk.filter('all')
    const given = await waitFor('the row to say that it was given up', async () => {
      const found = (await desk.rows()).find((each) => each.event === event)
      return found?.can.includes('row-undo') ? found : false
    }, PATIENT)
    assert.match(given.text, /Do it after all/)
    assert.ok(given.text.includes('gave it up: she does not work here any more'), given.text)
    await desk.picture('given-up')
    await desk.app.click(`${id('outbox-row')}[data-event="${event}"] ${id('row-undo')}`)
    await waitForRow(givenUp, 'recorded once more', (each) => reassigned(each) && each.state === 'pending' && each.event !== event)
    desk.note({ room: givenUp, action: 'reassign' })
    await waitFor('the offer to be gone once it was taken', async () => (await desk.rows()).some((each) => each.event === event && !each.can.includes('row-undo')), PATIENT)
    await desk.mustHaveFocus('after doing it after all')
    await sum()
  })

  await step('what was done after all is taken, and the conflict waited all the while for a person', async () => {
    await relay.restore()
    await desk.waitForPill('one to decide', (pill) => pill.state === 'online' && pill.waiting === 0 && pill.attention === 1)
    desk.offline = false
    const task = Object.values((await service.hotel()).rooms.get(givenUp).tasks)[0]
    assert.equal(task.assignee, leaving.id)
    await desk.openConflict(contested)
    await desk.app.click(id('take-all-theirs'))
    await desk.waitForConflict('all decided', (conflict) => conflict.left === 0)
    await desk.sendDecision(contested)
    await desk.waitUntilCalm()
    const ledger = await sum()
    assert.deepEqual([ledger.attention, ledger.waiting], [0, 0])
    await desk.picture('settled')
  })

  await step('the service has each action once, by the person who did it', async () => {
    for (const room of [failing, givenUp]) desk.saved.find((entry) => entry.room === room && entry.action === 'reassign').outcome = 'rejected'
    desk.saved.find((entry) => entry.room === contested && entry.action === 'start').outcome = 'conflict'
    await world.compare(service, desk)
  })
})

// How much longer a frame may take under a turning wheel than one in which nothing happens.
const WHEEL_FRAMES_MAX = 6
const ROWS = 5_000
/** As many rows as a high window shows, and what is drawn above and below it. */
const ROWS_IN_PAGE_MAX = 60

/**
 * Runs in the page. Does something `times` times, waits each time until `done` says so and the page is drawn, and answers
 * the longest stretch of each in which the page's thread could do nothing else, and how many nodes were touched.
 * Messages that the page sends to itself tell: where the next one is late, something was being done.
 */
const timed = (page) => page.execute(() => {
  window.timed = async (times, act, done) => {
    const touched = new Set()
    const watch = new MutationObserver((records) => {
      for (const record of records) {
        touched.add(record.target)
        for (const node of [...record.addedNodes, ...record.removedNodes]) touched.add(node)
      }
    })
    const clock = new MessageChannel()
    const frame = () => new Promise((ready) => requestAnimationFrame(() => setTimeout(ready)))
    let longest = 0
    let all = 0
    let last = performance.now()
    clock.port1.onmessage = () => {
      const now = performance.now()
      const gap = now - last
      last = now
      longest = Math.max(longest, gap)
      // The clock's own step is a millisecond.
      if (gap > 1) all += gap
      clock.port2.postMessage(0)
    }
    const results = []
    clock.port2.postMessage(0)
    for (let n = 0; n < times; n += 1) {
      await frame()
      watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
      longest = all = 0
      touched.clear()
      await act(n)
      while (!done(n)) await frame()
      await frame()
      // A frame may be drawn before the clock's own message is heard.
      await new Promise((later) => setTimeout(later, 20))
      watch.disconnect()
      results.push({ longest, all, touched: touched.size })
    }
    clock.port1.close()
    return results
  }
  return true
})
// Other programs of the machine can only make it longer.
const least = (results, part) => Math.min(...results.map((each) => each[part]))

journey('Backlog: five thousand rows are as easy to look at as ten', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const relay = await world.relay(service)
  const desk = world.desk('desk', { inMemory: true })
  const day = dayOf(await service.hotel())
  const rooms = day.rooms('stayover', 40)
  const inPage = () => desk.app.execute((css) => ({ rows: document.querySelectorAll(css).length, nodes: document.querySelectorAll('*').length }), id('outbox-row'))
  const ledger = async () => (await desk.ledger()).all

  await step(`${ROWS} actions wait`, async () => {
    // Drawn as the app itself chooses for this machine: what is timed here is what people see. No pictures can be taken so.
    await desk.start({ WEBKIT_DISABLE_COMPOSITING_MODE: undefined })
    await desk.connect(relay.url, await service.code())
    await desk.work(day.lead)
    await desk.waitUntilCalm()
    await relay.cut()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    await desk.syncCenter()
    await desk.app.execute(() => { location.hash = '#/playbook' })
    await desk.app.get(id('playbook'), PATIENT)
    await desk.app.execute(() => {
      window.record = (n, room) => window.__TAURI_INTERNALS__.invoke('act', {
        request: { intentId: `01J${String(n).padStart(23, '0')}`, roomId: room, action: { action: 'note', args: { text: `note ${n}` } } },
      })
    })
    for (let from = 0; from < ROWS; from += 500) {
      await desk.app.executeAsync(async (from, rooms) => {
        for (let n = from; n < from + 500; n += 20) {
          // Those that are on their way together are of one room, so that their order is no matter.
          await Promise.all(Array.from({ length: 20 }, (_, at) => window.record(n + at, rooms[(n / 20) % rooms.length])))
        }
      }, from, rooms)
    }
    for (let n = 0; n < ROWS; n += 1) desk.note({ room: rooms[Math.floor(n / 20) % rooms.length], action: 'note' })
    await desk.syncCenter()
    await desk.filter('waiting')
    await waitFor('all of them', async () => (await ledger()) === desk.saved.length, PATIENT)
    await desk.app.get(id('backlog'))
  })

  await step('only what is in sight is in the page, wherever one looks', async () => {
    const wide = ROWS + 1
    await waitFor(`a list of ${ROWS}`, () => desk.app.execute((wide) => Number(document.querySelector('.outbox table').getAttribute('aria-rowcount')) === wide, wide), PATIENT)
    await desk.app.get(`${id('outbox-row')}[data-state]`, PATIENT)
    await desk.app.execute(() => document.querySelector('.outbox-row').focus())
    const { rows, nodes } = await inPage()
    assert.ok(rows < ROWS_IN_PAGE_MAX, `${rows} rows are in the page`)
    await desk.app.press('End')
    await waitFor('the focus on the last row', () => desk.app.execute((last) => document.activeElement.getAttribute('aria-rowindex') === last, String(wide)), PATIENT)
    await waitFor('its words', async () => (await desk.rows()).length > 5, PATIENT)
    const end = await inPage()
    assert.ok(end.rows < ROWS_IN_PAGE_MAX, `${end.rows} rows are in the page`)
    world.say(`${rows} rows and ${nodes} nodes at the top, ${end.rows} rows and ${end.nodes} nodes at the end`)
  })

  let plain
  await step('what drawing a plain table takes here', async () => {
    await timed(desk.app)
    plain = await desk.app.executeAsync(async (rows) => {
      const place = document.createElement('div')
      place.style.cssText = 'position:fixed;inset:0;z-index:99;background:Canvas'
      document.body.append(place)
      const results = await window.timed(15, async (n) => {
        place.innerHTML = `<table>${Array.from({ length: rows }, (_, at) => `<tr><td>Pending ${n}</td><td>${at}</td><td><span>Wrote a note</span><small>Yumiko · 17:04 · offline</small></td><td>0</td><td><button>Retry</button></td></tr>`).join('')}</table>`
        place.getBoundingClientRect()
      }, () => true)
      place.remove()
      return results
    }, ROWS_IN_PAGE_MAX)
    world.say(`a plain table of ${ROWS_IN_PAGE_MAX} rows, drawn anew: ${least(plain, 'longest').toFixed(0)} ms at a stretch, ${least(plain, 'all').toFixed(0)} ms in all, at best`)
  })

  const compare = (what, results) => {
    const [longest, all, touched] = ['longest', 'all', 'touched'].map((part) => least(results, part))
    const ratio = longest / Math.max(1, least(plain, 'longest'))
    world.say(`${what}: ${longest.toFixed(0)} ms at a stretch (${ratio.toFixed(2)} plain tables), ${all.toFixed(0)} ms in all, ${touched} nodes touched (the best of ${results.length})`)
    return { ratio, touched }
  }

  await step('scrolling through all of it, frame by frame', async () => {
    // Nobody's hand, a hand at the wheel, and one that drags the bar.
    const frames = (how) => desk.app.executeAsync(async (how) => {
      const list = document.querySelector('.outbox')
      const height = list.scrollHeight - list.clientHeight
      const places = { still: () => list.scrollTop, wheel: (n) => n * 120, drag: (n) => (height * n) / 24 }
      const times = []
      let most = 0
      let last = performance.now()
      for (let n = 0; n < 24; n += 1) {
        list.scrollTop = places[how](n)
        most = Math.max(most, document.querySelectorAll('.outbox-row').length)
        await new Promise((ready) => requestAnimationFrame(ready))
        const now = performance.now()
        times.push(now - last)
        last = now
      }
      return { times: times.toSorted((a, b) => a - b), most }
    }, how)
    let inPageMost = 0
    const p50 = {}
    for (const how of ['still', 'wheel', 'drag']) {
      const { times, most } = await frames(how)
      inPageMost = Math.max(inPageMost, most)
      p50[how] = times[12]
      world.say(`${how}: p50 ${times[12].toFixed(0)} ms from frame to frame, p95 ${times[22].toFixed(0)} ms`)
    }
    assert.ok(inPageMost < ROWS_IN_PAGE_MAX, `${inPageMost} rows were in the page`)
    assert.ok(p50.wheel < p50.still * WHEEL_FRAMES_MAX, `a frame at the wheel takes ${(p50.wheel / p50.still).toFixed(1)} times one at rest`)
    await waitFor('words in every row in sight', () => desk.app.execute(() => [...document.querySelectorAll('tbody .outbox-row')].every((row) => row.innerText.length > 10)), PATIENT)
  })

  await step('one more row costs what one row costs', async () => {
    const results = await desk.app.executeAsync((from, room) => {
      const shown = () => Number(document.querySelector('[data-testid=ledger-all]').dataset.value)
      const before = shown()
      return window.timed(15, (n) => window.record(from + n, room), (n) => shown() === before + n + 1)
    }, ROWS, rooms[0])
    for (let n = 0; n < 15; n += 1) desk.note({ room: rooms[0], action: 'note' })
    const { ratio, touched } = compare('one more row', results)
    assert.ok(touched < 200, `${touched} nodes were touched`)
    assert.ok(ratio < 2, `one more row took as long as ${ratio.toFixed(1)} plain tables`)
  })

  await step('all of it is sent, and one row that changes its state costs what one row costs', async () => {
    await relay.restore()
    // The progress is counted out loud on the pill, upwards, of all there is.
    const counted = []
    await desk.waitForPill('counting what is sent', (pill) => {
      const [, at, of] = /Sending ([\d,]+) of ([\d,]+)/.exec(pill.text)?.map((part) => Number(part.replace(',', ''))) ?? []
      if (at !== undefined && at !== counted.at(-1)?.at) counted.push({ at, of })
      return counted.length >= 3
    })
    assert.deepEqual(counted, counted.toSorted((a, b) => a.at - b.at))
    assert.ok(counted.every(({ at, of }) => at <= of && of >= ROWS), JSON.stringify(counted))
    world.say(`counted: ${counted.map(({ at, of }) => `${at} of ${of}`).join(', ')}`)
    await desk.waitUntilCalm()
    desk.offline = false
    await desk.filter('all')
    const results = await desk.app.executeAsync((from, rooms) => {
      const top = () => [...document.querySelectorAll('[data-testid=outbox-row]')].find((row) => row.dataset.state !== 'settled')
      const shown = () => Number(document.querySelector('[data-testid=ledger-acknowledged]').dataset.value)
      const before = shown()
      return window.timed(10, (n) => window.record(from + n, rooms[n]), (n) => shown() === before + n + 1 && top()?.dataset.state === 'synced')
    }, ROWS + 100, rooms)
    for (let n = 0; n < 10; n += 1) desk.note({ room: rooms[n], action: 'note' })
    const { ratio, touched } = compare('one row recorded, on its way, taken', results)
    assert.ok(touched < 600, `${touched} nodes were touched`)
    assert.ok(ratio < 4, `one row took as long as ${ratio.toFixed(1)} plain tables`)
  })

  await step('the service has each action once, by the person who did it', async () => {
    await desk.waitUntilCalm()
    await world.compare(service, desk)
  })
})
