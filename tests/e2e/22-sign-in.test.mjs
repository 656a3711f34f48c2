// A hotel that asks for PINs: who gets in, what a locked desk shows, and that neither needs the network. Somebody who
// mistypes hears it; a PIN of one's own comes in the place of the one that IT made; the lock keeps what was begun.

import assert from 'node:assert/strict'
import { id } from './lib/desk.mjs'
import { journey } from './lib/journey.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }
const OWN = '714290'

journey('Signing in: a PIN opens the desk with and without the network, and a locked desk shows nothing', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const pins = await service.askForPins()
  const relay = await world.relay(service)
  const desk = world.desk()
  const hotel = await service.hotel()
  const lead = hotel.book.staff.find((person) => person.role === 'lead')
  const agent = hotel.book.staff.find((person) => person.role === 'front_desk')
  const ready = [...hotel.rooms.values()].filter(({ tasks, dnd_since, sellability }) => {
    const [task, ...others] = Object.values(tasks)
    return others.length === 0 && task?.status === 'ready' && dnd_since === undefined && sellability.assignable
  })
  const [first, second, third] = ready.map((room) => room.number)

  /** What can be read on this page, by eye or by a reader. */
  const shown = () => desk.app.execute(() => document.body.innerText)
  const showsNoRoom = async () => {
    const text = await shown()
    for (const number of [first, second, third]) assert.ok(!new RegExp(`\\b${number}\\b`).test(text), `room ${number} on a locked desk: ${text}`)
    assert.equal(await desk.app.execute((css) => [...document.querySelectorAll(css)].filter((each) => each.checkVisibility()).length, `${id('tile')}, ${id('rack-room')}`), 0)
  }

  await step('a desk is connected: it asks for a name, and for the PIN of it', async () => {
    await desk.start()
    await desk.connect(relay.url, await service.code())
    await desk.chooseName(lead)
    await desk.app.get(id('pin'), PATIENT)
    await desk.mustHaveFocus('with the PIN to type')
    await desk.picture('pin')
  })

  await step('a wrong one is said to be wrong, and the field is empty again', async () => {
    await desk.typePin(pins.get(lead.id) === '906172' ? '906173' : '906172')
    await desk.app.get(id('pin-problem'), PATIENT)
    await waitFor('the field is empty and has the focus', () => desk.app.execute((css) => document.querySelector(css).value === '' && document.activeElement === document.querySelector(css), id('pin')))
    await desk.picture('pin-wrong')
  })

  await step('the right one opens the board, which asks for a PIN of their own', async () => {
    await desk.signIn(lead, pins.get(lead.id))
    await desk.waitUntilCalm()
    await desk.app.click(id('pin-temporary-change'), PATIENT)
    await desk.fill(id('change-pin-pin'), pins.get(lead.id))
    await desk.fill(id('change-pin-new'), '123456')
    await desk.fill(id('change-pin-again'), '123456')
    await desk.app.press('Enter')
    await desk.app.get(id('change-pin-problem'), PATIENT)
    await desk.picture('pin-weak')
    await desk.fill(id('change-pin-new'), OWN)
    await desk.fill(id('change-pin-again'), OWN)
    await desk.app.press('Enter')
    await waitFor('the PIN to be changed', async () => !(await desk.app.has(id('dialog-change-pin'))) && !(await desk.app.has(id('pin-temporary'))), PATIENT)
  })

  await step('without the network the desk locks: in both windows nothing of the house is left', async () => {
    await desk.openFrontDesk()
    await desk.board()
    await relay.cut()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    await desk.press(first, 'start', 'started')
    await desk.app.press('Control', 'l')
    await desk.app.get(id('locked'), PATIENT)
    await showsNoRoom()
    await desk.picture('locked-light')
    await desk.frontDesk()
    await desk.app.get(id('locked'), PATIENT)
    await showsNoRoom()
    await desk.picture('locked-front-desk')
    await desk.board()
  })

  await step('the old PIN opens nothing, the new one does, and the board is where it was', async () => {
    await desk.typePin(pins.get(lead.id))
    await desk.app.get(id('pin-problem'), PATIENT)
    await desk.signIn(lead, OWN)
    await desk.waitForTile(first, 'in progress', (at) => at.column === 'inProgress')
    await desk.frontDesk()
    await desk.app.get(id('rack-room'), PATIENT)
    await desk.board()
  })

  await step('killed and started without the network, it is locked, and somebody else may come in', async () => {
    await desk.kill()
    await desk.start()
    await desk.app.get(id('locked'), PATIENT)
    await showsNoRoom()
    await desk.app.click(id('pin-back'))
    await desk.chooseName(agent)
    await desk.signIn(agent, pins.get(agent.id))
    await desk.picture('front-desk-agent')
  })

  await step('the lead comes back and works; the network returns, and everything is there under its author', async () => {
    await desk.app.press('Control', 'l')
    await desk.app.get(id('locked'), PATIENT)
    await desk.app.click(id('pin-back'))
    await desk.chooseName(lead)
    await desk.signIn(lead, OWN)
    await desk.press(second, 'start', 'started')
    await relay.restore()
    await desk.waitUntilCalm()
    desk.offline = false
    await desk.theme('dark')
    await desk.app.press('Control', 'l')
    await desk.app.get(id('locked'), PATIENT)
    await desk.picture('locked-dark')
    await desk.signIn(lead, OWN)
    await desk.waitUntilCalm()
    await world.compare(service, desk)
  })
})
