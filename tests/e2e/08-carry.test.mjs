// A desk breaks with work on it: what waits is exported in its window, the computer dies, and another desk's window takes
// the file. Everything arrives once, and the first desk hears of it when it comes back.

import assert from 'node:assert/strict'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { id } from './lib/desk.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }

journey('Carry: what waits goes to another desk by hand', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const relay = await world.relay(service)
  const broken = world.desk('broken')
  const other = world.desk('other')
  const day = dayOf(await service.hotel())
  const rooms = day.rooms('stayover', 3)
  const stick = world.path('stick.jsonl')

  const syncCenter = async (desk) => {
    await desk.app.press('Control', 'j')
    await desk.app.get(id('sync-center'), PATIENT)
  }
  const carried = (desk) =>
    desk.app.execute((css) => {
      const section = document.querySelector(css)
      return section === null ? null : { ...section.dataset, words: section.innerText.replace(/[\u2066-\u2069]/g, '') }
    }, id('carried'))
  const take = async (desk, file) => {
    await desk.app.click(id('carry-import'), PATIENT)
    await desk.fill(id('import-path'), file)
    await desk.app.click(id('import-take'))
  }

  await step('work waits at a desk without a network', async () => {
    await broken.start()
    await broken.connect(relay.url, await service.code())
    await broken.work(day.lead)
    await broken.waitUntilCalm()
    await relay.cut()
    await broken.waitForPill('offline', (pill) => pill.tone === 'offline')
    broken.offline = true
    for (const room of rooms) {
      await broken.press(room, 'start', 'started')
      await broken.press(room, 'complete', 'completed')
    }
  })

  await step('it is exported, and the screen says where the file is', async () => {
    await syncCenter(broken)
    await broken.app.click(id('carry-export'))
    await waitFor('the places', () => broken.app.execute((css) => document.querySelector(css)?.getAttribute('aria-disabled') === null, id('export-write')), PATIENT)
    await broken.picture('export')
    await broken.app.click(id('export-write'))
    const path = await waitFor('the path', () => broken.app.execute((css) => document.querySelector(css)?.innerText, `${id('export-path')} bdi`), PATIENT)
    const lines = readFileSync(path, 'utf8').trim().split('\n').map((line) => JSON.parse(line))
    assert.equal(lines[0].events, rooms.length * 2)
    assert.equal(lines.length, rooms.length * 2 + 2)
    await broken.picture('exported')
    copyFileSync(path, stick)
    await broken.kill()
  })

  await step('a file that somebody changed is refused where the person is', async () => {
    await other.start()
    await other.connect(service.url, await service.code())
    await other.work(day.lead)
    await other.waitUntilCalm()
    await syncCenter(other)
    writeFileSync(world.path('changed.jsonl'), readFileSync(stick, 'utf8').replace('"complete"', '"pause"'))
    await take(other, world.path('changed.jsonl'))
    await other.app.get(`${id('import-problem')}[data-code="CARRY_FILE_CHANGED"]`, PATIENT)
    await waitFor('the announcement', async () => /not as the desk wrote it/.test(await other.spoken()), PATIENT)
    await other.app.press('Escape')
    await waitFor('the dialog to close', async () => !(await other.app.has(id('dialog-import'))))
  })

  await step('the file is taken, and all of it arrives', async () => {
    const before = await other.ledger()
    await take(other, stick)
    await waitFor('all of it at the service', async () => {
      const section = await carried(other)
      return section !== null && section.arrived === section.total && Number(section.total) === rooms.length * 2
    }, PATIENT)
    assert.match((await carried(other)).words, /^Carried for Desk /)
    await other.waitUntilCalm()
    const after = await other.ledger()
    assert.deepEqual([after.all, after.balanced], [before.all + 1, true], 'here only the carrying counts')
    await other.picture('carried')
    await other.app.press('g')
    await other.app.press('b')
    for (const room of rooms) await other.search(room).then(() => other.waitForTile(room, 'clean', (tile) => tile.column === 'clean' || tile.column === 'inspected'))
  })

  await step('the broken desk comes back, and its sum comes out', async () => {
    await relay.restore()
    await broken.start()
    await broken.waitUntilCalm()
    await syncCenter(broken)
    const ledger = await broken.ledger()
    assert.deepEqual([ledger.waiting, ledger.attention, ledger.balanced, ledger.all === ledger.acknowledged], [0, 0, true, true])
  })
})
