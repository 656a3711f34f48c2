// Starts that go wrong, and a link that must not be trusted: each says what it is, where the person is, with its code
// and the next step, and loses nothing.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { id } from './lib/desk.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { Running } from './lib/processes.mjs'
import { program } from './lib/places.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }

/** Waits for the page that says that the desk's data cannot be used, and answers all that it says. */
async function troubleOf(desk, code) {
  const shown = await desk.app.get(id('trouble-code'), PATIENT)
  assert.match(await shown.text(), new RegExp(`^${code}`))
  await desk.mustHaveFocus('on the page of trouble')
  return desk.app.text()
}

journey('Trouble: starts that go wrong say why', async (world) => {
  const step = world.step.bind(world)

  await step('a second start on the same folder is told that the first is open', async () => {
    const first = world.desk('one-folder')
    const second = world.desk('one-folder')
    await first.start()
    await first.app.get(id('setup'), PATIENT)
    await second.start()
    assert.match(await troubleOf(second, 'ALREADY_RUNNING'), /already open/)
    await second.picture('already-running')
    await second.end()
    await first.end()
  })

  await step('a second start where windows can find each other brings the first to the front and ends', async () => {
    const bus = new Running('dbus-daemon', ['--session', '--nofork', '--print-address=3'], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
    world.atEnd(() => bus.stop())
    let address = ''
    for await (const chunk of bus.pipe(3)) {
      address += chunk
      if (address.includes('\n')) break
    }
    const folder = world.path('with-a-bus')
    const env = { ...world.display, TURNDOWN_DATA_DIR: folder, TURNDOWN_KEYS: 'file', DBUS_SESSION_BUS_ADDRESS: address.trim(), HOME: world.path('home') }
    const start = () => {
      const app = new Running(program('turndown'), [], { env })
      world.atEnd(() => app.stop())
      return app
    }
    const first = start()
    const logged = (text) => {
      try {
        return world.logLines(join(folder, 'logs')).some((line) => line.fields?.message?.includes(text))
      } catch {
        return false
      }
    }
    // The desk is opened after the app has made itself known on the bus.
    await waitFor('the first start', () => {
      first.mustLive()
      return existsSync(join(folder, 'desk.db'))
    }, PATIENT)
    const second = start()
    await second.ended()
    assert.equal(second.exitCode, 0, second.output)
    await waitFor('the first to come to the front', () => logged('started a second time'), PATIENT)
    assert.ok(first.alive)
    await first.stop()
    await bus.stop()
  })

  await step('a database from a newer version is not touched', async () => {
    const desk = world.desk('newer')
    await desk.start()
    await desk.app.get(id('setup'), PATIENT)
    await desk.quit()
    await desk.sql("INSERT INTO refinery_schema_history (version, name, applied_on, checksum) SELECT 999, 'from_tomorrow', applied_on, checksum FROM refinery_schema_history ORDER BY version DESC LIMIT 1")
    await desk.start()
    assert.match(await troubleOf(desk, 'DATABASE_NEWER'), /newer Turndown/)
    await desk.picture('newer')
    await desk.end()
  })

  await step('a folder that cannot be written is named', async () => {
    // Nobody can make a folder there, not even who is allowed everything.
    const desk = world.desk()
    await desk.start({ TURNDOWN_DATA_DIR: '/sys/turndown' })
    assert.match(await troubleOf(desk, 'READ_ONLY_FOLDER'), /\/sys\/turndown/)
    await desk.picture('read-only')
    await desk.end()
  })

  await step('a file that is not a database is set aside, and said', async () => {
    const desk = world.desk('not-a-database')
    mkdirSync(desk.folder, { recursive: true })
    writeFileSync(desk.database, 'These are the minutes of the meeting of the residents.\n'.repeat(400))
    await desk.start()
    await desk.app.get(id('setup'), PATIENT)
    await waitFor('the page to say so', async () => /set aside/i.test(await desk.app.text()), PATIENT)
    await desk.picture('set-aside')
    await desk.end()
  })
})

journey('Link: what answers is not the service, or does not know the desk', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const relay = await world.relay(service)
  const desk = world.desk()
  const day = dayOf(await service.hotel())
  const [behind, locked] = day.rooms('stayover', 2)

  await step('addresses and answers that do not fit are refused where they were typed', async () => {
    await desk.start()
    await relay.portal()
    await desk.findHotel(relay.url, 'AAAA-BBBB')
    await desk.app.get(`${id('problem')}[data-code="NOT_THE_SERVICE"]`, PATIENT)
    await relay.cut()
    await desk.findHotel(relay.url, 'AAAA-BBBB')
    await desk.app.get(`${id('problem')}[data-code="SERVICE_UNREACHABLE"]`, PATIENT)
    await desk.findHotel('http://turndown.hotel.example', 'AAAA-BBBB')
    await desk.app.get(`${id('problem')}[data-code="ADDRESS_NOT_SECURE"]`, PATIENT)
    await relay.restore()
    await desk.connect(relay.url, await service.code())
    await desk.work(day.lead)
    await desk.waitUntilCalm()
  })

  await step("a network's sign-in page with status 200 acknowledges nothing", async () => {
    await relay.portal()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    await desk.press(behind, 'start', 'started')
    await desk.app.press('Control', 'j')
    await desk.app.waitForText('sign-in page perhaps', PATIENT)
    await desk.app.get(`${id('outbox-row')}[data-state="pending"][data-room="${behind}"]`)
    await desk.picture('portal')
    await relay.restore()
    await desk.waitUntilCalm()
    desk.offline = false
    await desk.app.get(`${id('outbox-row')}[data-state="synced"][data-room="${behind}"]`)
  })

  await step('a key that the service does not know stops sending, not recording, and a new code mends it', async () => {
    await desk.quit()
    desk.changeConnection({ token: 'not-a-token-of-this-service' })
    await desk.start()
    await desk.waitForPill('stopped', (pill) => pill.tone === 'stopped' && /stopped/i.test(pill.text))
    desk.offline = await desk.app.execute(() => false)
    await desk.press(locked, 'start', 'started')
    await desk.waitForPill('1 pending', (pill) => pill.waiting === 1)
    await desk.app.press('Control', 'j')
    await desk.app.waitForText("does not accept this desk's key", PATIENT)
    await desk.picture('token-refused')
    await desk.app.click(id('pill'))
    await desk.app.click(id('cockpit-connect'), PATIENT)
    await desk.app.get(id('setup-connecting'), PATIENT)
    await desk.mustHaveFocus('where the code is typed')
    await desk.picture('connect-again')
    await desk.fill(id('setup-code'), await service.code())
    await desk.app.press('Enter')
    await desk.app.click(id('setup-confirm'), PATIENT)
    await desk.waitUntilCalm()
    await desk.picture('connected-again')
  })

  await step('the service has each action once, by the person who did it', async () => {
    // Whether a desk that is refused counts itself as offline is its own affair; that nothing is lost is not.
    const [mode] = await desk.sql("SELECT json_extract(bytes, '$.mode') FROM audit_local ORDER BY local_seq DESC LIMIT 1")
    desk.saved.at(-1).offline = mode[0] === 'offline'
    await world.compare(service, desk)
  })
})
