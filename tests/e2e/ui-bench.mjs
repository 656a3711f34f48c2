// The board measured in the real window, at the size of the sample hotel and at five thousand tasks, beside a page of the
// same run that does next to nothing: how long from a key to the next paint, how many nodes, how much of the main thread
// a scrolled frame takes, and how long from the start to a board that answers. The last line is one JSON object.
//
// `make ui-bench` runs it. Times of this machine say little by themselves; the ratios to the plain page do.

import { writeFileSync } from 'node:fs'
import { id } from './lib/desk.mjs'
import { dayOf } from './lib/hotel.mjs'
import { World } from './lib/journey.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 120_000 }
/** The sample's bookings, so many times over: about 200 and more than 5,000 tasks. */
const SIZES = [{ name: 'small', copies: 1 }, { name: 'large', copies: 25 }]
const ACTIONS = 40
const FRAMES = 240
/** What every build must keep, whatever the machine (DESIGN section 8, ui.md 8.3). */
const NODES_MAX = 2_500

const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(q * values.length) - 1)] ?? 0
const round = (value) => Math.round(value * 10) / 10

/** Scrolls an element frame by frame and answers what each took of the main thread, from the frame's begin to the task
 * after it was drawn. */
const scrolled = (app, selector, frames) => app.executeAsync(async (selector, frames) => {
  const element = document.querySelector(selector)
  const took = []
  let most = 0
  element.scrollTop = 0
  for (let n = 0; n < frames; n += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await new Promise((next) => requestAnimationFrame((began) => {
      const room = element.scrollHeight - element.clientHeight
      // There and back, a third of a screen at a time, as a wheel does it.
      const at = (n * element.clientHeight) / 3
      element.scrollTop = room <= 0 ? 0 : at % (2 * room) > room ? 2 * room - (at % (2 * room)) : at % (2 * room)
      const channel = new MessageChannel()
      const start = Math.max(began, performance.timeOrigin < 0 ? began : performance.now())
      channel.port1.addEventListener('message', () => {
        took.push(performance.now() - start)
        channel.port1.close()
        next()
      })
      channel.port1.start()
      channel.port2.postMessage(0)
    }))
    if (n % 20 === 0) most = Math.max(most, document.querySelectorAll('*').length)
  }
  return { took, most }
}, selector, frames)

async function measure(world, { name, copies }) {
  const service = await world.service({ copies, folder: `service-${name}` })
  const day = dayOf(await service.hotel())
  const desk = world.desk(`desk-${name}`, { inMemory: true })
  const asItIs = { WEBKIT_DISABLE_COMPOSITING_MODE: undefined }
  await desk.start(asItIs)
  await desk.connect(service.url, await service.code())
  await desk.work(day.lead)
  await desk.waitUntilCalm()
  // The first start builds the database; what people wait for every morning is the second.
  await desk.quit()
  const began = Date.now()
  await desk.start(asItIs)
  const board = await waitFor('the board', () => desk.app.execute(() => window.__turndownProbe?.firstBoard() ?? null), PATIENT)
  const cold = board.at - began
  await desk.waitUntilCalm()
  const tasks = await desk.app.execute((css) => [...document.querySelectorAll(css)].reduce((sum, lane) => sum + Number(lane.dataset.count), 0), id('lane'))

  // A key on the focused tile; the focus goes to the next by itself.
  await desk.app.click('[data-column="dirty"] [role=gridcell]:not([data-cannot])', PATIENT)
  await desk.app.execute(() => window.__turndownProbe.clear())
  for (let n = 0; n < ACTIONS; n += 1) {
    await desk.app.press('s')
    await waitFor('its paint', async () => (await desk.app.execute(() => window.__turndownProbe.samples().length)) > n, PATIENT)
  }
  const paints = (await desk.app.execute(() => window.__turndownProbe.samples())).map((sample) => sample.ms)
  const frames = await scrolled(desk.app, '[data-lane="dirty"]', FRAMES)
  const plain = await desk.app.execute(() => {
    const page = document.createElement('div')
    page.id = 'plain-page'
    page.style.cssText = 'position:fixed;inset:0;z-index:99;background:Canvas;overflow-y:auto'
    page.innerHTML = Array.from({ length: 400 }, (_, at) => `<div style="height:100px;border-bottom:1px solid">${at} Turnover · Vacant</div>`).join('')
    document.body.append(page)
    return true
  }).then(() => scrolled(desk.app, '#plain-page', FRAMES))
  await desk.quit()
  await service.stop()
  return {
    tasks,
    action_to_paint_p50_ms: round(quantile(paints, 0.5)),
    action_to_paint_p95_ms: round(quantile(paints, 0.95)),
    dom_nodes: frames.most,
    scrolled_frame_p95_ms: round(quantile(frames.took, 0.95)),
    scrolled_frame_ratio: round(quantile(frames.took, 0.95) / Math.max(0.1, quantile(plain.took, 0.95))),
    plain_frame_p95_ms: round(quantile(plain.took, 0.95)),
    cold_start_ms: round(cold),
    cold_start_page_ms: round(board.ms),
  }
}

const world = await World.make('ui-bench')
const results = {}
let failed
try {
  for (const size of SIZES) {
    results[size.name] = await measure(world, size)
    console.log(`  ${size.name}: ${JSON.stringify(results[size.name])}`)
  }
} catch (error) {
  failed = error
  await world.evidence()
} finally {
  await world.end()
}
if (failed !== undefined) throw failed
const over = Object.entries(results).filter(([, result]) => result.dom_nodes > NODES_MAX)
writeFileSync(world.path('result.json'), JSON.stringify(results))
console.log(JSON.stringify(results))
if (over.length > 0) throw new Error(`more than ${NODES_MAX} nodes on the board`)
