// The front desk gives rooms out, and the radio line takes what is called in (H3, H16, H22, H23, H26): everything by
// keyboard, online and offline, beside another desk that may give out the same room.

import assert from 'node:assert/strict'
import { id } from './lib/desk.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { Rack, row } from './lib/rack.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }
const OURS = 'Smith'
const THEIRS = 'Jones'
/** Digits as Arabic keyboards type them. */
const arabic = (number) => number.replace(/\d/g, (digit) => '٠١٢٣٤٥٦٧٨٩'[digit])
const tile = (room) => `${id('tile')}[data-room="${room}"]`
const plain = (text) => text.replace(/[\u2066-\u2069]/g, '')

/** The rooms of the list that says which are ready, once it is there. */
const readyRooms = (desk) => waitFor('the ready rooms', () => desk.app.execute((css) => {
  const rows = [...document.querySelectorAll(css)]
  return rows.length > 0 && rows.every((each) => each.dataset.safe === 'true') && rows.map((each) => each.dataset.room)
}, id('rack-room')), PATIENT)

/** A step after which the focus of the window that is held is somewhere. */
const stepsOf = (world, desk) => (what, work) => world.step(what, async () => {
  const value = await work()
  await desk.mustHaveFocus(`after "${what}"`)
  return value
})

/** From when on something could be seen in the window that is held. */
const watch = (app, css, attribute, wanted) => app.execute((css, attribute, wanted) => {
  window.seenAt = null
  const look = () => {
    if (window.seenAt !== null || !document.querySelector(css)?.getAttribute(attribute)?.includes(wanted)) return
    window.seenAt = performance.timeOrigin + performance.now()
    watching.disconnect()
  }
  const watching = new MutationObserver(look)
  watching.observe(document.body, { subtree: true, childList: true, attributes: true })
  look()
}, css, attribute, wanted)
const seen = (app, what) => waitFor(what, () => app.execute(() => window.seenAt), PATIENT)

/** Rooms of the hotel by what the rack has to have of them. */
const roomsWith = ({ rooms }, fits) => [...rooms.values()].filter(fits).map((room) => room.number)
const oneTask = (kind) => (room) => {
  const tasks = Object.values(room.tasks)
  return tasks.length === 1 && tasks[0].kind === kind && tasks[0].status === 'ready' && room.dnd_since === undefined && room.sellability.kind === 'in_service'
}

journey('Front desk: rooms are claimed, guests wait, and one room is given to one guest', async (world) => {
  const service = await world.service()
  const relay = await world.relay(service)
  const desk = world.desk()
  const office = world.desk('office')
  const hotel = await service.hotel()
  const day = dayOf(hotel)
  const [agent, colleague] = day.staff.filter((person) => person.role === 'front_desk')
  const step = stepsOf(world, desk)
  const room = async (number) => (await service.hotel()).rooms.get(number)
  const [waits, leaves, hurried] = roomsWith(hotel, (each) => oneTask('turnover')(each) && each.arrival !== undefined && !each.arrival.vip)
  const [noted] = day.rooms('stayover', 1)
  let rack
  let ready

  await step('two desks at work', async () => {
    await desk.start()
    await desk.connect(relay.url, await service.code())
    await desk.work(agent)
    await desk.waitUntilCalm()
    await office.start()
    await office.connect(service.url, await service.code())
    await office.work(colleague)
    await office.waitUntilCalm()
    await office.openFrontDesk()
    await desk.board()
  })

  await step('by keys to the rooms that are ready', async () => {
    rack = new Rack(desk)
    await rack.open()
    await rack.filter('ready')
    ready = await readyRooms(desk)
    assert.ok(ready.length >= 3, `${ready.length} rooms are ready`)
    await desk.picture('ready')
  })

  await step('C claims one for a guest, and it is ready for nobody else, here and at the other desk', async () => {
    await rack.filter('all')
    await rack.goTo(ready[0])
    await rack.claim(ready[0], OURS)
    const held = await rack.shows(ready[0], 'claimed', (at) => !at.safe && at.words.includes('Claimed'))
    assert.ok(plain(held.words).includes(`claimed for ${OURS} by ${agent.name}`), held.words)
    await desk.picture('claimed')
    await desk.waitUntilCalm()
    await office.frontDesk()
    await office.fill(id('rack-search'), ready[0])
    const there = await office.waitForRack(ready[0], 'claimed', (at) => !at.safe)
    assert.ok(plain(there.words).includes(`claimed for ${OURS} by ${agent.name}`), there.words)
    await desk.frontDesk()
    assert.equal((await room(ready[0])).claim.guest, OURS)
  })

  await step('C on it again releases it; Ctrl+Z claims it again, and C releases it for good', async () => {
    await rack.key(ready[0], 'c', 'release', 'released')
    await rack.shows(ready[0], 'safe again', (at) => at.safe)
    await desk.app.press('Control', 'z')
    await desk.said(ready[0], 'undo', 'undone')
    await rack.shows(ready[0], 'claimed again', (at) => !at.safe && plain(at.words).includes(`claimed for ${OURS}`))
    await rack.goTo(ready[0])
    await rack.key(ready[0], 'c', 'release', 'released')
    await rack.shows(ready[0], 'safe again', (at) => at.safe)
    await office.frontDesk()
    await office.waitForRack(ready[0], 'safe again', (at) => at.safe)
    await desk.frontDesk()
  })

  await step('Q puts a guest on the queue with the time that was told; both windows show it', async () => {
    // Whether the board shows it as soon as the rack does, by one clock.
    await desk.board()
    await desk.search(waits)
    await watch(desk.app, tile(waits), 'aria-label', 'Guest waits')
    await desk.frontDesk()
    await rack.goTo(waits)
    await watch(desk.app, row(waits), 'data-waiting', 'true')
    await desk.app.press('q')
    await waitFor('the question when', async () => (await desk.focused()).testid === 'queue-time', PATIENT)
    await desk.app.type('25:99')
    await desk.app.press('Enter')
    await desk.app.waitForText('That is no time of day', PATIENT)
    await desk.app.press('Control', 'a')
    await desk.app.type('1430')
    await desk.app.press('Enter')
    await desk.said(waits, 'queue_guest', 'the guest waits, told 14:30')
    const here = await seen(desk.app, 'the wait in the rack')
    const there = await desk.glanceAtBoard(() => seen(desk.app, 'the wait on the board'))
    world.say(`rack and board show it ${Math.abs(here - there).toFixed(0)} ms apart`)
    const shown = await rack.shows(waits, 'waits', (at) => plain(at.words).includes('told 14:30'))
    assert.match(shown.words, /guest waits/i)
    await desk.picture('waits')
  })

  const first = () => desk.app.execute((css) => document.querySelector(`${css} .tile-row[aria-rowindex="1"] [role=gridcell]`)?.dataset.room, `${id('lane')}[data-column="dirty"]`)

  await step('the room is the first of the board, and its details say why', async () => {
    await desk.board()
    await desk.search('')
    await waitFor(`room ${waits} on top`, async () => (await first()) === waits, PATIENT)
    await desk.goTo(waits)
    await desk.app.press('Enter')
    const details = await desk.app.get(id('dialog-details'), PATIENT)
    const words = plain(await details.text())
    assert.ok(words.includes('a guest waits at the front desk for this room'), words)
    assert.match(words, /Guest waits\s*since .+, told 14:30/)
    await desk.picture('why-first')
    await desk.app.press('Escape')
    await waitFor('the focus on the tile', async () => (await desk.focused()).room === waits, PATIENT)
  })

  await step('"Waits no more" takes it from there', async () => {
    await desk.frontDesk()
    await rack.filter('waiting')
    await waitFor('it alone to wait', async () => (await desk.app.all(id('rack-room'))).length === 1 && desk.app.has(row(waits)), PATIENT)
    await rack.filter('all')
    await rack.panel(waits, 'leave-queue', 'leave_queue', 'waits no more')
    await desk.board()
    await waitFor('another room on top', async () => (await first()) !== waits, PATIENT)
    await desk.waitUntilCalm()
    assert.equal((await room(waits)).waiting, undefined)
    await desk.frontDesk()
  })

  await step('R hurries a room from the front desk, and takes it back', async () => {
    await rack.goTo(hurried)
    await rack.key(hurried, 'r', 'set_priority', 'marked as rush')
    await desk.board()
    await desk.search(hurried)
    await desk.waitForTile(hurried, 'a rush', (at) => /rush/i.test(at.words))
    await desk.search('')
    await desk.frontDesk()
    await desk.waitUntilCalm()
    assert.equal(Object.values((await room(hurried)).tasks)[0].rush, true)
    await rack.goTo(hurried)
    await rack.key(hurried, 'r', 'set_priority', 'no longer a rush')
  })

  await step('without a network: a guest has left, and another has come, as told', async () => {
    await desk.waitUntilCalm()
    await relay.cut()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    await rack.panel(leaves, 'departed', 'departed', 'guest left, as told')
    await rack.shows(leaves, 'vacant and dirty', (at) => at.occupancy === 'vacant' && at.cleanliness === 'dirty' && at.local === 'waiting')
    await rack.panel(ready[2], 'arrived', 'arrived', 'guest came, as told')
    await rack.shows(ready[2], 'occupied, not safe', (at) => at.occupancy === 'occupied' && !at.safe)
    await desk.board()
    await desk.search(leaves)
    await desk.waitForTile(leaves, 'vacant on the board', (at) => /vacant/i.test(at.words))
    await desk.search('')
    await desk.picture('left')
    await desk.frontDesk()
  })

  await step('still without a network the desk gives out a room that the other gives out too', async () => {
    // Something older needs a look as well.
    await desk.board()
    await desk.writeNote(noted, 'pet')
    await desk.search('')
    await desk.frontDesk()
    await rack.goTo(ready[1])
    await rack.claim(ready[1], OURS)
    await office.board()
    await office.writeNote(noted, 'no pet')
    await office.search('')
    await office.frontDesk()
    const other = new Rack(office)
    await other.goTo(ready[1])
    await other.claim(ready[1], THEIRS)
    await office.waitUntilCalm()
    await desk.board()
  })

  await step('the network is back: the room that was given twice stands first, and no desk calls it safe', async () => {
    await relay.restore()
    await desk.waitForPill('two to decide', (pill) => pill.state === 'online' && pill.waiting === 0 && pill.attention > 0)
    desk.offline = false
    await desk.syncCenter()
    const cards = await waitFor('two cards', () => desk.app.execute((css) => {
      const cards = [...document.querySelectorAll(css)]
      return cards.length === 2 && cards.map((each) => [each.dataset.entity, each.innerText])
    }, id('conflict-card')), PATIENT)
    assert.equal(cards[0][0], (await room(ready[1])).id)
    assert.match(plain(cards[0][1]), new RegExp(`Room ${ready[1]} was given to two guests: ${colleague.name}`))
    await desk.picture('given-twice')
    await desk.frontDesk()
    await rack.goTo(ready[1])
    await rack.shows(ready[1], 'not safe', (at) => !at.safe && at.contested)
    await office.frontDesk()
    await office.waitForRack(ready[1], 'not safe', (at) => !at.safe && at.contested)
    await desk.board()
  })

  await step('deciding about it by keys clears it everywhere', async () => {
    const resolve = async (number, key) => {
      const { id: entity } = await room(number)
      await desk.app.get(`${id('conflict-card')}[data-entity="${entity}"]`, PATIENT)
      await desk.tabTo('decide')
      await waitFor(`the button of room ${number}`, async () => {
        const on = await desk.app.execute(() => document.activeElement.getAttribute('aria-label') ?? '')
        if (plain(on).endsWith(` ${number}`)) return true
        await desk.app.press('Tab')
        return false
      }, PATIENT)
      await desk.app.press('Enter')
      const open = await desk.waitForConflict(`room ${number}`, (conflict) => conflict.room === entity)
      for (let { left } = open; left > 0; left -= 1) {
        await desk.app.press('F8')
        await waitFor('the focus on an open field', async () => (await desk.focused()).testid === 'choice')
        await desk.app.press(key)
        await desk.waitForConflict('one field fewer', (conflict) => conflict.left < left)
      }
      await desk.picture(`decided-${number}`)
      await desk.app.press('Control', 'Enter')
      await desk.app.get(id('sync-center'), PATIENT)
      desk.note({ room: number, action: 'resolve' })
      await desk.mustHaveFocus('after the decision')
      return open
    }
    const open = await resolve(ready[1], '2')
    const claimed = open.fields.find((field) => field.path === 'room/claim')
    assert.ok(claimed.mine.includes(OURS) && claimed.theirs.includes(THEIRS), JSON.stringify(claimed))
    await resolve(noted, '1')
    await desk.waitUntilCalm()
    for (const each of [desk, office]) {
      await each.frontDesk()
      const held = await each.waitForRack(ready[1], 'claimed, and no longer contested', (at) => !at.contested && !at.safe)
      assert.ok(plain(held.words).includes(`claimed for ${THEIRS} by ${colleague.name}`), held.words)
    }
    const held = await room(ready[1])
    assert.deepEqual([held.claim.guest, held.contested], [THEIRS, null])
    assert.deepEqual([(await room(leaves)).fo_occupancy, (await room(ready[2])).fo_occupancy], ['vacant', 'occupied'])
    assert.equal((await room(noted)).note, 'pet')
    await desk.frontDesk()
  })

  await step('the service has each action once, by the person who did it', async () => {
    desk.saved.find((entry) => entry.room === ready[1] && entry.action === 'claim').outcome = 'conflict'
    desk.saved.find((entry) => entry.room === noted && entry.action === 'note').outcome = 'conflict'
    await office.waitUntilCalm()
    await world.compare(service, desk)
    await world.compare(service, office)
  })
})

journey('Ready rooms: whoever gives them out one after the other stays in the list', async (world) => {
  const service = await world.service()
  const desk = world.desk()
  const day = dayOf(await service.hotel())
  const agent = day.staff.find((person) => person.role === 'front_desk')
  const step = stepsOf(world, desk)
  let rack
  let ready

  await step('by keys to the first of the rooms that are ready', async () => {
    await desk.start()
    await desk.connect(service.url, await service.code())
    await desk.work(agent)
    await desk.waitUntilCalm()
    rack = new Rack(desk)
    await rack.open()
    await rack.filter('ready')
    ready = await readyRooms(desk)
    await desk.tabTo('rack-room')
    await waitFor('the focus on the first', async () => (await desk.focused()).room === ready[0])
  })

  await step('each that is claimed leaves the list, and the focus is on another; after the last, in the empty list', async () => {
    for (const [at, room] of ready.entries()) {
      await rack.claim(room, OURS)
      await waitFor('it to leave the list', async () => !(await desk.app.has(row(room))), PATIENT)
      const left = ready.slice(at + 1)
      await waitFor('the focus on another', async () => {
        const focus = await desk.app.execute(() => ({ room: document.activeElement.dataset.room ?? null, inside: document.activeElement.closest('.rack') !== null }))
        return left.length > 0 ? left.includes(focus.room) : focus.inside
      }, PATIENT)
    }
  })

  await step('the service has each action once, by the person who did it', async () => {
    await desk.waitUntilCalm()
    await world.compare(service, desk)
  })
})

journey('Radio: what is called in is typed in the trade\'s shorthand', async (world) => {
  const service = await world.service()
  const desk = world.desk()
  const hotel = await service.hotel()
  const day = dayOf(hotel)
  const step = stepsOf(world, desk)
  const [vacant] = roomsWith(hotel, (each) => each.fo_occupancy === 'vacant' && each.cleanliness === 'dirty' && Object.keys(each.tasks).length === 0)
  const [begun, wrong, hurried, flagged, free] = day.rooms('stayover', 5)
  const [free2] = roomsWith(hotel, (each) => each.fo_occupancy === 'vacant' && each.cleanliness !== 'dirty' && each.sellability.assignable)
  const helper = day.otherThan(begun)
  const room = async (number) => (await service.hotel()).rooms.get(number)
  const task = async (number) => Object.values((await room(number)).tasks)[0]
  // Three rooms or more of one corridor, all of them with guests.
  const span = (() => {
    const numbers = [...hotel.rooms.values()].filter((each) => /^\d+$/.test(each.number)).toSorted((a, b) => a.number - b.number)
    const mine = new Set([begun, wrong, hurried, flagged, free])
    for (let at = 0; at + 4 <= numbers.length; at += 1) {
      const rooms = numbers.slice(at, at + 4)
      if (rooms.every((each) => each.fo_occupancy === 'occupied' && each.cleanliness === 'dirty' && !mine.has(each.number))) return rooms.map((each) => each.number)
    }
    throw new Error('no four rooms beside each other are occupied')
  })()

  const line = () => desk.app.execute((css) => document.querySelector(css).value, id('radio-input'))
  const toLine = async () => {
    await desk.app.press('Control', 'e')
    await waitFor('the focus on the radio line', async () => (await desk.focused()).testid === 'radio-input', PATIENT)
  }
  /** What stands above the line, as far as it answers what is in it. */
  const echo = () => desk.app.execute((css) => {
    const echo = document.querySelector(css)
    if (echo === null) return null
    const rooms = [...echo.querySelectorAll('[data-testid=radio-room]')].map((each) => ({ rooms: each.dataset.rooms.split(' '), code: each.dataset.code ?? null, words: each.lastElementChild.innerText.replace(/[\u2066-\u2069]/g, '') }))
    const words = [...echo.querySelectorAll('[data-testid=radio-word]')].map((each) => each.querySelector('bdi').innerText)
    return { code: echo.dataset.code ?? null, rooms, words, text: echo.innerText.replace(/[\u2066-\u2069]/g, '') }
  }, id('radio-echo'))
  const understood = async (what, fits) => {
    let last
    return waitFor(`the radio line to have understood ${what}`, async () => {
      last = await echo()
      return last !== null && fits(last) ? last : false
    }, PATIENT).catch((error) => {
      throw new Error(`${error.message}; it says ${JSON.stringify(last)}`, { cause: error })
    })
  }
  const rewrite = async (text) => {
    await desk.app.press('Control', 'a')
    await desk.app.type(text)
    await waitFor(`"${text}" in the line`, async () => (await line()) === text)
  }
  const emptied = () => waitFor('the line to be empty', async () => (await line()) === '', PATIENT)
  const entries = async () => (await service.audit()).length

  await step('a desk at work', async () => {
    await desk.start()
    await desk.connect(service.url, await service.code())
    await desk.work(day.lead)
    await desk.waitUntilCalm()
  })

  await step('Ctrl+E: a room that is vacant and clean is understood before Enter, and nothing is recorded before', async () => {
    const before = await entries()
    await desk.intoBoard()
    await toLine()
    await desk.app.type(`${vacant} vc`)
    const said = await understood(vacant, (at) => at.rooms.length === 1 && /clean/.test(at.rooms[0].words))
    assert.deepEqual([said.code, said.rooms[0].rooms, said.rooms[0].words], [null, [vacant], 'Saw the room vacant · Set the room to clean'])
    assert.match(said.text, /Enter\s+records it/)
    await desk.picture('echo')
    assert.equal(await entries(), before)
    await desk.app.press('Enter')
    await desk.said(vacant, 'see_occupancy', `${vacant} vc`)
    desk.note({ room: vacant, action: 'set_room_status' })
    await emptied()
    assert.equal((await desk.focused()).testid, 'radio-input', 'the next line can be typed at once')
    await desk.waitUntilCalm()
    const held = await room(vacant)
    assert.deepEqual([held.cleanliness, held.hk_occupancy], ['clean', 'vacant'])
  })

  await step('Ctrl+Z takes the whole line back', async () => {
    await desk.app.press('Escape')
    await desk.app.press('Control', 'z')
    await desk.said(vacant, 'undo', 'undone')
    desk.note({ room: vacant, action: 'undo' })
    await desk.waitUntilCalm()
    const held = await room(vacant)
    assert.deepEqual([held.cleanliness, held.hk_occupancy], ['dirty', undefined])
    await emptied()
  })

  await step('arrow up brings the line again, arrow down lets go of it, Escape empties it', async () => {
    await toLine()
    await desk.app.press('ArrowUp')
    await waitFor('the line again', async () => (await line()) === `${vacant} vc`)
    await understood('it again', (at) => at.rooms.length === 1)
    await desk.app.press('ArrowDown')
    await emptied()
    await desk.app.press('ArrowUp')
    await waitFor('the line again', async () => (await line()) === `${vacant} vc`)
    await desk.app.press('Escape')
    await emptied()
    assert.equal(await echo(), null)
  })

  await step('an unknown word is explained, and Enter records nothing', async () => {
    const before = await entries()
    await desk.app.type(`${wrong} strat`)
    const slip = await understood('a slip', (at) => at.code === 'RADIO_UNKNOWN_WORD' && at.text.includes('Did you mean'))
    assert.ok(plain(slip.text).includes('"strat" is not understood. Did you mean start?'), slip.text)
    await desk.picture('slip')
    await rewrite(`${wrong} xyzzy`)
    const unknown = await understood('nothing', (at) => at.text.includes('xyzzy'))
    assert.ok(plain(unknown.text).includes('"xyzzy" is not understood. Type for example vc, od, dnd'), unknown.text)
    await desk.app.press('Enter')
    await waitFor('it to be said', async () => plain(await desk.spoken()).includes('"xyzzy" is not understood'), PATIENT)
    assert.equal(await line(), `${wrong} xyzzy`, 'what is wrong stays to be mended')
    await rewrite('99999 vc')
    const nowhere = await understood('no such room', (at) => at.code === 'RADIO_NO_SUCH_ROOM')
    assert.match(nowhere.text, /99999/)
    await desk.waitUntilCalm()
    assert.equal(await entries(), before)
  })

  await step('a word that was begun is completed by Tab, and an attendant is named by number', async () => {
    await rewrite(`${begun} sta`)
    await understood('the beginning of a word', (at) => at.words.includes('start'))
    await desk.app.press('Tab')
    await waitFor('the whole word', async () => (await line()) === `${begun} start `)
    assert.equal((await desk.focused()).testid, 'radio-input')
    await desk.app.type(`a${Number(helper.id.split('-')[1])}`)
    const said = await understood('who starts', (at) => at.rooms[0]?.words.includes(helper.name))
    assert.equal(plain(said.rooms[0].words), `Gave the stayover service to ${helper.name} · Started the stayover service`)
    const typed = await line()
    await desk.app.press('Enter')
    await desk.said(begun, 'reassign', typed)
    desk.note({ room: begun, action: 'start' })
    await desk.waitUntilCalm()
    const { assignee, status } = await task(begun)
    assert.deepEqual([assignee, status], [helper.id, 'in_progress'])
  })

  await step('a range is several rooms, told by name, recorded and undone as one', async () => {
    const typed = `${span[0]}-${span.at(-1)} od`
    await toLine()
    await desk.app.type(typed)
    const said = await understood('four rooms', (at) => at.rooms.flatMap((each) => each.rooms).length === span.length)
    assert.deepEqual(said.rooms.map((each) => [each.rooms, each.words]), [[span, 'Saw the room occupied']])
    await desk.picture('range')
    await desk.app.press('Enter')
    await desk.saidOfMany(span, 'see_occupancy', typed)
    await desk.waitUntilCalm()
    for (const number of span) assert.equal((await room(number)).hk_occupancy, 'occupied', `room ${number}`)
    await desk.app.press('Escape')
    await desk.app.press('Control', 'z')
    await desk.saidOfMany(span, 'undo', 'undone')
    await desk.waitUntilCalm()
    for (const number of span) assert.equal((await room(number)).hk_occupancy, undefined, `room ${number}`)
  })

  await step('digits of an Arabic keyboard are rooms too, and several things stand in one line', async () => {
    const typed = `${arabic(hurried)} rush; ${arabic(flagged)} dnd`
    await toLine()
    await desk.app.type(typed)
    const said = await understood('two rooms', (at) => at.rooms.length === 2)
    assert.deepEqual(said.rooms.map((each) => each.rooms), [[hurried], [flagged]])
    await desk.picture('arabic')
    await desk.app.press('Enter')
    await desk.saidOfMany([hurried, flagged], ['set_priority', 'set_flag'], typed)
    await desk.waitUntilCalm()
    assert.equal((await task(hurried)).rush, true)
    assert.notEqual((await room(flagged)).dnd_since, undefined)
  })

  await step('from the front desk as well: Ctrl+E, a claim, and what the rules refuse is said before Enter', async () => {
    await desk.app.press('Escape')
    const rack = new Rack(desk)
    await rack.open()
    await toLine()
    await desk.app.type(`${free} claim Lee`)
    const refused = await understood('a refusal', (at) => at.rooms[0]?.code === 'ROOM_OCCUPIED')
    assert.match(refused.text, /as occupied/)
    assert.doesNotMatch(refused.text, /records it/)
    await rewrite(`${free2} claim Lee`)
    const said = await understood('a claim', (at) => at.rooms[0]?.code === null && at.rooms[0].words.includes('Lee'))
    assert.equal(said.rooms[0].words, 'Claimed the room for Lee')
    await desk.app.press('Enter')
    await desk.said(free2, 'claim', `${free2} claim Lee`)
    await emptied()
    await desk.app.press('Escape')
    await rack.goTo(free2)
    await rack.shows(free2, 'claimed', (at) => !at.safe && plain(at.words).includes('claimed for Lee'))
    await desk.picture('front-desk')
    await desk.waitUntilCalm()
    assert.equal((await room(free2)).claim.guest, 'Lee')
    await desk.app.press('Control', 'z')
    await desk.said(free2, 'undo', 'undone')
    await rack.shows(free2, 'not claimed', (at) => !plain(at.words).includes('claimed for Lee'))
  })

  await step('the service has each action once, by the person who did it', async () => {
    await desk.waitUntilCalm()
    await world.compare(service, desk)
  })

  await step('Ctrl+Z takes a line back from where it was typed, without leaving it', async () => {
    await toLine()
    await desk.app.type(`${wrong} rush`)
    await understood(wrong, (at) => at.rooms.length === 1)
    await desk.app.press('Enter')
    await desk.said(wrong, 'set_priority', `${wrong} rush`)
    await emptied()
    await desk.app.press('Control', 'z')
    await desk.said(wrong, 'undo', 'undone')
  })
})
