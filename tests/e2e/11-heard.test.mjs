// Without a mouse and without eyes (H16, H23, H25): the whole resolver by keyboard alone, every part of it with a role
// and a name, and what happens by itself is said once.

import assert from 'node:assert/strict'
import { id } from './lib/desk.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { Listener } from './lib/listener.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }
const MINE = 'lamp broken'
const THEIRS = 'pet in room'

journey('Heard: an outage and a conflict by keyboard and ear alone', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const relay = await world.relay(service)
  const listener = await Listener.open(world)
  const desk = world.desk()
  const office = world.desk('office')
  const day = dayOf(await service.hotel())
  const [room, other, second] = day.rooms('stayover', 3)
  const holder = Object.values((await service.hotel()).rooms.get(second).tasks)[0].assignee
  const helper = day.staff.find((person) => person.role === 'attendant' && person.id !== holder)
  const heardOf = async (css) => (await desk.app.get(css, PATIENT)).heard()
  const once = async (wanted) => assert.equal(await listener.times(wanted), 1, `${wanted} was said more than once: ${JSON.stringify(listener.heard)}`)
  const field = () => desk.app.execute(() => document.activeElement.closest('[data-field]')?.dataset.field ?? null)

  await step('a desk that is listened to, and another beside it', async () => {
    await desk.start(listener.env)
    await desk.connect(relay.url, await service.code())
    await desk.work(day.lead)
    await desk.waitUntilCalm()
    world.say(`${await listener.listen()} nodes in the accessibility tree`)
    await office.start()
    await office.connect(service.url, await service.code())
    await office.work(day.lead)
    await office.waitUntilCalm()
    await desk.board()
  })

  await step('the network goes: said once', async () => {
    listener.clear()
    await relay.cut()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    await once(/^Offline\. Everything is saved on this device\.$/)
  })

  await step('each action is said to be saved, once', async () => {
    await desk.writeNote(room, MINE)
    await desk.press(room, 'start', 'started')
    await desk.press(room, 'complete', 'completed')
    await desk.press(other, 'start', 'started')
    for (const [number, done] of [[room, 'note written'], [room, 'started'], [room, 'completed'], [other, 'started']]) {
      await once(new RegExp(`^Room ${number}: ${done}\\. Saved on this device\\.`))
    }
    listener.clear()
    await desk.search('')
    // What is still to be said of the search belongs to this step, not to the next.
    await once(/^All tasks shown\.$/)
    await office.board()
    await office.writeNote(room, THEIRS)
    await office.waitUntilCalm()
    await desk.board()
    await service.act(room, 'cancel')
  })

  await step('the network is back: that it sends, what came of it, and that somebody has to decide, once each', async () => {
    listener.clear()
    await relay.restore()
    await desk.waitForPill('one to decide', (pill) => pill.state === 'online' && pill.waiting === 0 && pill.attention > 0)
    desk.offline = false
    await once(/^Online again\. Sending 4 changes\.$/)
    await once(/^1 sent, 3 need a look\.$/)
    await once(/^A conflict has to be decided\. See the Sync Center\.$/)
    assert.deepEqual(listener.heard.map(({ live }) => live).toSorted(), ['assertive', 'polite', 'polite'], JSON.stringify(listener.heard))
    for (const { text } of listener.heard) world.say(`heard: ${text}`)
  })

  await step('from the Sync Center to the conflict by keys', async () => {
    await desk.app.press('Control', 'j')
    await desk.app.get(id('conflict-card'), PATIENT)
    await desk.tabTo('decide')
    assert.deepEqual(await heardOf(id('decide')), { role: 'button', name: `Decide about room ${room}` })
    await desk.app.press('Enter')
    await desk.waitForConflict('two fields', (conflict) => conflict.fields.length === 2)
    await waitFor('the focus on the heading', () => desk.app.execute(() => document.activeElement.tagName === 'H1'))
  })

  await step('every part has a role and a name', async () => {
    assert.deepEqual(await heardOf('.resolver h1'), { role: 'heading', name: `Room ${room}: two people changed the same thing` })
    const labels = await desk.app.execute(() => [...document.querySelectorAll('fieldset[data-field] legend')].map((each) => each.textContent))
    assert.equal(labels.length, 2)
    const groups = await Promise.all((await desk.app.all('fieldset[data-field]')).map((each) => each.heard()))
    assert.deepEqual(groups, labels.map((name) => ({ role: 'group', name })))
    for (const group of groups) world.say(`${group.role} "${group.name}"`)
    const choices = await Promise.all((await desk.app.all(id('choice'))).map((each) => each.heard()))
    for (const each of choices) {
      assert.equal(each.role, 'radio')
      world.say(`radio "${each.name}"`)
    }
    const sides = choices.map((each) => /^(Keep mine|Take theirs|Write it anew)/.exec(each.name)?.[1])
    assert.deepEqual(sides.toSorted(), ['Keep mine', 'Keep mine', 'Take theirs', 'Take theirs', 'Write it anew'])
    // Each side is heard whole: what it is, whose, when, and what follows.
    const mine = choices.find((each) => each.name.includes(MINE))
    assert.match(mine.name, new RegExp(`^Keep mine added: ${MINE} ${day.lead.name}, this desk, `))
    const theirs = choices.find((each) => each.name.includes(THEIRS))
    assert.match(theirs.name, new RegExp(`^Take theirs added: ${THEIRS} ${day.lead.name}, Desk [^,]+, .*at the service`))
    for (const [mark, name] of [['keep-all-mine', 'Keep all mine'], ['take-all-theirs', 'Take all theirs'], ['send-to-look', 'Send someone to look…'], ['resolve', 'Resolve and send']]) {
      assert.deepEqual(await heardOf(id(mark)), { role: 'button', name })
    }
    const merged = await desk.app.all(id('turn-merged'))
    assert.ok(merged.length > 0)
    for (const each of merged) assert.match((await each.heard()).name, /: Take theirs instead: /)
    assert.deepEqual(await heardOf(`${id('suggestions')} input`), { role: 'switch', name: 'Suggestions' })
  })

  const choose = async (key, chosen) => {
    const path = await field()
    await desk.app.press(key)
    await desk.waitForConflict(`${chosen} for ${path}`, (conflict) => conflict.fields.find((each) => each.path === path).chosen === chosen)
  }

  await step('sending too early is refused, says how many are left, and goes to the first that is open', async () => {
    listener.clear()
    await desk.app.press('Control', 'Enter')
    await once(/^Decide 2 more first\.$/)
    assert.notEqual(await field(), null)
    assert.equal(await desk.app.execute((css) => document.querySelector(css).getAttribute('aria-disabled'), id('resolve')), 'true')
    assert.ok(await desk.app.has(id('conflict')))
  })

  await step('a side is chosen by its digit and by the arrows, and the next open field takes the focus', async () => {
    if ((await field()).endsWith('/note')) await desk.app.press('F8')
    await waitFor('the focus on the status', async () => (await field()).endsWith('/status'))
    const path = await field()
    const left = async (wanted) => waitFor(`${wanted} left`, async () => (await desk.conflict()).left === wanted)
    listener.clear()
    await choose('1', 'mine')
    await left(1)
    await waitFor('the focus on the note', async () => (await field()).endsWith('/note'))
    await once(/^1 of 2 left\.$/)
    assert.equal(listener.heard.length, 1, JSON.stringify(listener.heard))
    // Back to it: Tab leads to what was chosen, and the arrows go from side to side as in any group of radios.
    await waitFor('the focus on the status', async () => {
      if ((await field()) === path) return true
      await desk.app.press('Tab')
      return false
    })
    await choose('ArrowDown', 'theirs')
    await choose('ArrowUp', 'mine')
    await desk.app.press('F8')
    await waitFor('the focus on the note', async () => (await field()).endsWith('/note'))
  })

  await step('a note is written anew from both', async () => {
    listener.clear()
    await desk.app.press('3')
    await waitFor('the focus in the text', async () => (await desk.focused()).testid === 'written-anew')
    await once(/^Every field is decided\.$/)
    const label = (await desk.conflict()).note.text.split('\n')[0]
    const { role, name } = await heardOf(id('written-anew'))
    assert.deepEqual([role, name], ['textbox', `${label}, written anew`])
    assert.equal(await desk.app.execute((css) => document.querySelector(css).value, id('written-anew')), `${MINE} / ${THEIRS}`)
    await desk.app.press('Control', 'a')
    await desk.app.type(`${MINE}, ${THEIRS}`)
    await waitFor('the result', async () => (await desk.conflict()).note.result === `${MINE}, ${THEIRS}`)
    await desk.picture('decided-by-ear')
  })

  await step('it is sent by keys, said once, and taken', async () => {
    listener.clear()
    await desk.app.press('Control', 'Enter')
    await desk.app.get(id('sync-center'), PATIENT)
    desk.note({ room, action: 'resolve' })
    await desk.mustHaveFocus('after the decision')
    await once(new RegExp(`^Room ${room}: decided\\. Saved on this device\\.$`))
    await desk.waitUntilCalm()
    const row = (await service.hotel()).rooms.get(room)
    assert.deepEqual([row.note, Object.values(row.tasks)[0].status], [`${MINE}, ${THEIRS}`, 'completed'])
    await desk.mustHaveFocus('when all is well')
  })

  await step('a second conflict, with a field that merges by itself', async () => {
    await relay.cut()
    await desk.waitForPill('offline', (pill) => pill.tone === 'offline')
    desk.offline = true
    await desk.app.press('g')
    await desk.app.press('b')
    await desk.app.get(id('board'))
    await desk.press(second, 'start', 'started')
    await desk.reassignByKeys(second, helper)
    await desk.press(second, 'complete', 'completed')
    await desk.search('')
    await service.act(second, 'cancel')
    await desk.syncCenter()
    await relay.restore()
    await desk.waitForPill('one to decide', (pill) => pill.state === 'online' && pill.waiting === 0 && pill.attention > 0)
    desk.offline = false
    await desk.tabTo('decide')
    await desk.app.press('Enter')
    await desk.waitForConflict('one field', (conflict) => conflict.room === second && conflict.left === 1)
  })

  const within = (css) => desk.app.execute((css) => document.activeElement.closest(css) !== null, css)
  const tabInto = async (css) => {
    for (let presses = 0; presses < 40; presses += 1) {
      if (await within(css)) return
      await desk.app.press('Tab')
    }
    throw new Error(`Tab never led into ${css}`)
  }

  await step('suggestions are switched on and off by keys, and are words beside the field', async () => {
    await tabInto(id('suggestions'))
    assert.ok(!(await desk.app.has(id('suggestion'))))
    await desk.app.press('Space')
    assert.match(await (await desk.app.get(id('suggestion'), PATIENT)).text(), /^Perhaps mine: The work was done\.$/)
    assert.equal((await desk.conflict()).left, 1, 'nothing is chosen for anybody')
    await desk.app.press('Space')
    await waitFor('no suggestion', async () => !(await desk.app.has(id('suggestion'))))
  })

  await step('"Send someone to look" is a dialog with a name, closed by Escape, and nobody is sent', async () => {
    await desk.tabTo('send-to-look')
    await desk.app.press('Enter')
    assert.deepEqual(await heardOf(id('dialog-look')), { role: 'dialog', name: `Send someone to look at room ${second}` })
    await waitFor('the focus in the dialog', () => within(id('dialog-look')))
    await desk.tabTo('look-confirm')
    await desk.app.press('Escape')
    await waitFor('the focus where it was', async () => (await desk.focused()).testid === 'send-to-look')
  })

  await step('all mine is kept by keys, and what merged by itself is turned to theirs, there and back and there', async () => {
    listener.clear()
    await desk.tabTo('keep-all-mine')
    await desk.app.press('Enter')
    await desk.waitForConflict('all decided', (conflict) => conflict.left === 0)
    await once(/^Every field is decided\. Look through them, then send\.$/)
    const given = `${id('merged-field')}[data-path$="/assignee"] ${id('turn-merged')}`
    await tabInto(given)
    const named = (wanted) => waitFor(`the button to be called ${wanted}`, async () => {
      const { role, name } = await heardOf(given)
      return role === 'button' && wanted.test(name)
    })
    const [mine, theirs] = [/: Take theirs instead: /, /: Keep mine after all: /]
    await named(mine)
    for (const [said, name] of [[/^Theirs stands there now\.$/, theirs], [/^Mine stands there again\.$/, mine], [/^Theirs stands there now\.$/, theirs]]) {
      listener.clear()
      await desk.app.press('Enter')
      await once(said)
      await named(name)
      assert.ok(await within(given), 'the focus stays')
    }
    await desk.picture('merged-turned')
    await desk.app.press('Control', 'Enter')
    await desk.app.get(id('sync-center'), PATIENT)
    desk.note({ room: second, action: 'resolve' })
    await desk.waitUntilCalm()
    const task = Object.values((await service.hotel()).rooms.get(second).tasks)[0]
    assert.deepEqual([task.status, task.assignee], ['completed', holder])
  })

  await step('the service has each action once, by the person who did it', async () => {
    desk.saved.find((entry) => entry.room === room && entry.action === 'note').outcome = 'conflict'
    desk.saved.find((entry) => entry.room === second && entry.action === 'start').outcome = 'conflict'
    await world.compare(service, desk)
  })
})
