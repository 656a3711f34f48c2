// Walks the app through its views as a newcomer would who follows the guide, in whatever display there is, and leaves a
// picture of each: screenshots.mjs <the app> <folder>. The desk is a fresh one each time; the sample hotel's service must
// be running.

import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Driver, waitFor } from '../tests/e2e/lib/webdriver.mjs'

const [binary, pictures] = process.argv.slice(2).map((path) => resolve(path))
const desk = join(pictures, '..', 'desk-for-pictures')
const id = (name) => `[data-testid="${name}"]`

rmSync(desk, { recursive: true, force: true })
mkdirSync(pictures, { recursive: true })

const driver = await Driver.start({ env: { TURNDOWN_DATA_DIR: desk } })
let app
const ended = () => app?.kill().catch(() => {})
process.once('SIGTERM', () => ended().then(() => process.exit(143)))

async function picture(name) {
  // Fonts and icons come with the page, but not in its first frame.
  await app.executeAsync(() => document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))).then(() => true))
  await app.screenshot(join(pictures, `${name}.png`))
  console.log(`  ${join(pictures, `${name}.png`)}`)
}

async function theme(name) {
  await app.click(id('person'))
  await app.click(id(`theme-${name}`))
  await waitFor(`the ${name} theme`, () => app.execute((name) => document.documentElement.dataset.scheme === name, name))
  await waitFor('the menu to close', async () => !(await app.has(id(`theme-${name}`))))
}

try {
  app = await driver.open(binary)
  await app.get(id('setup'))
  await picture('1-set-up')

  await app.click(id('setup-sample'))
  await app.get(id('staff-choice'), { timeoutMs: 60_000 })
  await picture('2-who-is-working')

  await app.click(id('staff-choice'))
  await app.get(id('tile'), { timeoutMs: 60_000 })
  await theme('light')
  await picture('3-board-light')
  await theme('dark')
  await picture('4-board-dark')
  await theme('light')

  await app.click(id('plug'))
  await app.waitForText('Plug in again')
  for (let done = 1; done <= 3; done += 1) {
    await app.click(`${id('tile-primary')}[data-action="start"]`)
    await waitFor(`${done} waiting`, () => app.execute((pill, done) => document.querySelector(pill)?.innerText.includes(String(done)), id('pill'), done))
  }
  await picture('5-board-offline')
  await app.click(id('nav-sync'))
  await app.get(id('outbox-row'))
  await picture('6-sync-center')

  // While the plug is pulled, another workplace changes the room that this desk changed last.
  execFileSync('scripts/elsewhere.sh', { env: { ...process.env, TURNDOWN_DATA_DIR: desk }, stdio: 'inherit' })
  await app.click(id('plug'))
  await app.click(id('decide'), { timeoutMs: 60_000 })
  await app.get(id('choice'))
  await picture('7-conflict')

  await app.click(id('open-front-desk'))
  await app.switchToWindow('#/front-desk')
  await app.get('[data-view="front-desk"]')
  await app.waitForText(/\d{3}/)
  await picture('8-front-desk')
} catch (error) {
  console.error(driver.output)
  throw error
} finally {
  await ended()
  await driver.stop()
}
