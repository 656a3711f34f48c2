// After an outage (H24): one sentence in the Sync Center, one summary room by room with what the front desk has to know
// first, and a report of everything done, that agrees with both and is written as a table.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { id } from './lib/desk.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }
const NOTE = '=HYPERLINK("http://nowhere")'

journey('Report: what came of an outage, in a sentence, by room, in full and as a table', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const relay = await world.relay(service)
  const desk = world.desk()
  const day = dayOf(await service.hotel())
  const [worked, noted, contested] = day.rooms('stayover', 3)

  const words = (css) => desk.app.execute((css) => document.querySelector(css)?.innerText.replace(/[\u2066-\u2069]/g, '').replace(/\s+/g, ' ').trim() ?? null, css)
  const says = (css, fits) => {
    let last
    return waitFor(`${css} to say ${fits}`, async () => {
      last = await words(css)
      return last !== null && fits.test(last) ? last : false
    }, PATIENT).catch((error) => {
      throw new Error(`${error.message}; it says ${JSON.stringify(last)}`, { cause: error })
    })
  }
  /** The rooms of the summary in their order, with the group that each stands in. */
  const outcomes = () =>
    desk.app.execute(() => {
      let group = ''
      return [...document.querySelectorAll('.outcomes > li')].flatMap((row) => {
        if (row.classList.contains('outcome-heading')) group = row.innerText
        if (row.dataset.testid !== 'outcome') return []
        return [{
          group,
          room: row.querySelector('.outcome-room').innerText.trim(),
          effects: [...row.querySelectorAll('.effect')].map((each) => each.dataset.effect),
          decide: row.querySelector('[data-testid=outcome-decide]') !== null,
          text: row.innerText.replace(/\s+/g, ' '),
        }]
      })
    })
  const rows = () =>
    desk.app.execute((css) => [...document.querySelectorAll(css)].map((row) => ({ end: row.dataset.end, text: row.innerText.replace(/[\u2066-\u2069]/g, '').replace(/\s+/g, ' ') })), id('report-row'))
  const until = (what, read, fits) => waitFor(what, async () => {
    const found = await read()
    return fits(found) ? found : false
  }, PATIENT)

  await step('an outage with work in three rooms, one of which is cancelled elsewhere meanwhile', async () => {
    await desk.start()
    await desk.connect(relay.url, await service.code())
    await desk.work(day.lead)
    await desk.waitUntilCalm()
    await relay.cut()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    for (const room of [worked, contested]) await desk.press(room, 'start', 'started')
    await desk.press(worked, 'complete', 'completed')
    await desk.inspect(worked, 'pass')
    await desk.writeNote(noted, NOTE)
    await service.act(contested, 'cancel')
  })

  await step('while it lasts, the Sync Center says how much was done', async () => {
    await desk.syncCenter()
    await says(id('after-outage'), /5 actions done meanwhile\./)
  })

  await step('the network returns: one sentence with both numbers', async () => {
    await relay.restore()
    await desk.waitForPill('a conflict', (pill) => pill.state === 'online' && pill.waiting === 0 && pill.attention > 0)
    desk.offline = false
    await says(id('after-outage'), /Synced 4 actions; 1 needs a look\./)
    await desk.picture('report-sentence')
  })

  await step('room by room, by keyboard: each once, and what the front desk has to know first', async () => {
    await desk.tabTo('open-summary')
    await desk.app.press('Enter')
    await says(id('summary-sentence'), /Synced 4 actions; 1 needs a look\./)
    const found = await outcomes()
    assert.deepEqual(found.map(({ room }) => room).toSorted(), [worked, noted, contested].toSorted())
    assert.equal(found[0].room, contested, 'what needs a decision stands first')
    assert.ok(found[0].decide && found[0].effects.includes('contested') && /front desk/.test(found[0].group), JSON.stringify(found[0]))
    const quiet = found.find(({ room }) => room === noted)
    assert.ok(quiet.effects.length === 0 && /nothing the front desk waits for/.test(quiet.group), JSON.stringify(quiet))
    await desk.picture('report-rooms')
    await desk.tabTo('outcome-decide')
    await desk.app.press('Enter')
    await desk.waitForConflict('from the summary', (conflict) => conflict.room !== undefined && conflict.left > 0)
    await desk.app.press('Escape')
  })

  await step('the whole report: every action with its author and what came of it; the sum is right', async () => {
    await desk.syncCenter()
    await desk.app.click(id('open-report'))
    const all = await until('five rows', rows, (found) => found.length === 5)
    assert.deepEqual(all.map(({ end }) => end).toSorted(), ['attention', 'taken', 'taken', 'taken', 'taken'])
    assert.ok(all.every(({ text }) => text.includes(day.lead.name)), JSON.stringify(all))
    assert.equal(await desk.app.execute((css) => document.querySelector(css).dataset.balanced, id('report-sums')), 'true')
    await desk.picture('report-whole')
    await desk.app.click(id('end-attention'))
    const [open] = await until('the one that needs a look', rows, (found) => found.length === 1)
    assert.ok(open.text.includes(contested) && /conflict/i.test(open.text), open.text)
    await desk.app.click(id('end-all'))
  })

  await step('as a table: every action, with nothing that another program would run', async () => {
    await desk.app.click(id('report-save'))
    const path = (await says(id('report-path'), /\.csv$/)).match(/\/.*\.csv$/)[0]
    const table = readFileSync(path, 'utf8')
    assert.equal(table.trimEnd().split(/\r?\n/).length, 6, table)
    assert.ok(table.includes('HYPERLINK') && !/(^|,)"?[=+@-]/m.test(table), table)
  })

  await step('somebody decides, and the report says what, who and when', async () => {
    await desk.syncCenter()
    await desk.openConflict(contested)
    for (;;) {
      const { fields, left } = await desk.conflict()
      if (left === 0) break
      await desk.choose(fields.find((field) => field.chosen === 'open').path, 'theirs')
    }
    await desk.sendDecision(contested)
    await desk.waitUntilCalm()
    await says(id('after-outage'), /Synced 5 actions\./)
    await desk.app.click(id('open-report'))
    await until('the decision in the report', rows, (found) => found.some(({ end, text }) => end === 'decided' && text.includes('Took what the service had')))
    await desk.picture('report-decided')
  })

  await step('a period of time is chosen by keyboard: nothing moves until both times are as they should be', async () => {
    await desk.app.click(id('report-period'))
    await desk.app.press('End')
    await desk.app.press('Enter')
    await says(id('report-sentence'), /^7 actions\.$/)
    const parts = `${id('report-from')} [role=spinbutton]`
    await desk.app.click(parts)
    const at = () => desk.app.execute((css) => [...document.querySelectorAll(css)].indexOf(document.activeElement), parts)
    assert.equal(await at(), 0)
    await desk.app.press('ArrowUp')
    await desk.app.press('ArrowDown')
    assert.equal(await at(), 0, 'the focus stays where somebody works')
    await desk.tabTo('report-show')
    await desk.app.press('Enter')
    await says(id('report-sentence'), /^7 actions\.$/)
    await desk.picture('report-period')
  })

  await step('closed and opened again it is still there, and the service holds what the screen called saved', async () => {
    await desk.quit()
    await desk.start()
    await desk.syncCenter()
    await says(id('after-outage'), /Synced 5 actions\./)
    await desk.quit()
    desk.saved.find((entry) => entry.room === contested && entry.action === 'start').outcome = 'conflict'
    await world.compare(service, desk)
  })
})
