// What the hotel's own system (its PMS) reports stands in both windows as it comes. What a front desk recorded as told
// while the network was away, the service was killed and the app with it, is confirmed by the report and done once: no
// second arrival, no conflict, and no room dirty again that was cleaned meanwhile.

import assert from 'node:assert/strict'
import { id } from './lib/desk.mjs'
import { journey } from './lib/journey.mjs'
import { Rack } from './lib/rack.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }
const plain = (text) => text.replace(/[\u2066-\u2069]/g, '')

journey('Reports: what the hotel system says is seen, and what was told meanwhile is done once', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const relay = await world.relay(service)
  const desk = world.desk()
  const rack = new Rack(desk)
  const hotel = await service.hotel()
  const agent = hotel.book.staff.find((person) => person.role === 'front_desk')
  const rooms = [...hotel.rooms.values()]
  const only = (kind) => ({ tasks }) => Object.values(tasks).length === 1 && Object.values(tasks)[0].kind === kind
  const find = (what, fits) => {
    const found = rooms.find(fits)
    assert.ok(found, `the day has no ${what}`)
    return found.number
  }
  const early = find('stayover', (room) => only('stayover')(room) && room.dnd_since === undefined)
  const leaves = find('departure', (room) => only('departure')(room) && room.fo_occupancy === 'occupied' && room.dnd_since === undefined)
  const comes = find('room that is ready for an arrival', (room) => room.arrival !== undefined && room.fo_occupancy === 'vacant' && room.cleanliness === 'inspected' && room.sellability.assignable)
  const booking = (name) => hotel.book.bookings.find((each) => each.id === name)
  const guest = (number) => booking(hotel.rooms.get(number).guest.booking_id)
  const due = booking(hotel.rooms.get(comes).arrival.booking_id)
  const room = async (number) => (await service.hotel()).rooms.get(number)
  const report = (version, stay, state) => service.report({ version, of: 'booking', state, booking: stay })

  const story = async (number) => {
    await desk.app.press('g')
    await desk.app.press('b')
    await desk.app.get(id('board-search'), PATIENT)
    await desk.goTo(number)
    await desk.app.press('Enter')
    await desk.app.get(id('dialog-details'))
    await desk.tabTo('details-story')
    await desk.app.press('Enter')
    await desk.app.get(`${id('story')}[data-entity="${number}"]`, PATIENT)
  }
  const told = (fits) => waitFor('the story', async () => {
    const lines = await desk.app.execute((css) => [...document.querySelectorAll(css)].map((line) => ({
      what: line.querySelector('.story-what b').innerText,
      who: line.querySelector('.story-what small').innerText,
      attention: line.dataset.attention !== undefined,
    })), id('story-line'))
    const read = lines.map(({ what, who, attention }) => ({ what: plain(what), who: plain(who), attention }))
    return fits(read) && read
  }, PATIENT)

  await step('a desk with both windows', async () => {
    await desk.start()
    await desk.connect(relay.url, await service.code())
    await desk.work(agent)
    await desk.waitUntilCalm()
    await rack.open()
  })

  await step('a guest who leaves early, as the hotel system reports it: the room is vacant, dirty, and has its full clean', async () => {
    assert.match(await report(1, guest(early), 'departed'), /1 taken, 0 known already, 0 refused/)
    await rack.toSearch(early)
    await rack.shows(early, 'vacant and dirty', (at) => at.occupancy === 'vacant' && at.cleanliness === 'dirty')
    await desk.board()
    await desk.waitForTile(early, 'the clean after a departure', (at) => /departure/i.test(at.words) && /vacant/i.test(at.words))
    assert.match(await report(1, guest(early), 'departed'), /0 taken, 1 known already, 0 refused/)
  })

  await step('its story says who said so', async () => {
    await story(early)
    const [line] = await told((lines) => lines.length === 1)
    assert.deepEqual([line.what, /^The hotel system · the service/.test(line.who)], ['The guest checked out', true], line.who)
    await desk.picture('story-light')
    await desk.theme('dark')
    await desk.picture('story-dark')
    await desk.theme('light')
  })

  await step('the network goes, and the service is killed; a departure and an arrival are recorded as told', async () => {
    await desk.app.press('g')
    await desk.app.press('b')
    await rack.open()
    await desk.waitUntilCalm()
    await relay.cut()
    await service.kill()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    await rack.panel(leaves, 'departed', 'departed', 'guest left, as told')
    await rack.panel(comes, 'arrived', 'arrived', 'guest came, as told')
  })

  await step('the app is killed too, and has both when it comes back', async () => {
    await desk.kill()
    await desk.start()
    await desk.app.get(id('tile'), PATIENT)
    await desk.waitForPill('two wait', (pill) => pill.waiting === 2)
  })

  await step('meanwhile the hotel system reports the same, and the room is cleaned', async () => {
    await service.start()
    assert.match(await report(1, guest(leaves), 'departed'), /1 taken/)
    assert.match(await report(1, due, 'in_house'), /1 taken/)
    await service.act(leaves, 'complete')
    assert.equal((await room(leaves)).cleanliness, 'clean')
  })

  await step('the network is back: nothing is asked, nothing is done twice, and the clean room is clean', async () => {
    const turn = (await room(comes)).turn
    await relay.restore()
    await desk.waitUntilCalm()
    desk.offline = false
    const [left, came] = [await room(leaves), await room(comes)]
    assert.deepEqual([left.fo_occupancy, left.cleanliness, left.contested], ['vacant', 'clean', null])
    assert.deepEqual([came.fo_occupancy, came.guest.booking_id, came.turn, came.turn_provisional, came.contested], ['occupied', due.id, turn, undefined, null])
    await rack.open()
    await rack.toSearch(leaves)
    await rack.shows(leaves, 'vacant and clean', (at) => at.occupancy === 'vacant' && at.cleanliness === 'clean')
    await rack.toSearch(comes)
    await rack.shows(comes, 'occupied', (at) => at.occupancy === 'occupied' && !at.safe)
    await desk.picture('after')
  })

  await step('both are in the story, and neither asks for anything', async () => {
    await desk.board()
    await story(leaves)
    const lines = await told((read) => read.length === 4)
    const what = lines.map((line) => line.what.replace(/the departure clean|the .* clean/, 'the clean'))
    assert.ok(what.includes('Recorded the departure') && what.includes('The guest checked out'), what.join(', '))
    assert.ok(lines.every((line) => !line.attention))
    await desk.picture('story-both')
    await world.compare(service, desk)
  })
})
