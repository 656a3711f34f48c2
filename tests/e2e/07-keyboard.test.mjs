// Without a mouse, and mirrored (H23, H26): the board is one stop for Tab, arrows and letters do the rest, the focus is
// never lost, and where text runs from right to left the lanes and the arrows do too.

import assert from 'node:assert/strict'
import { id } from './lib/desk.mjs'
import { dayOf } from './lib/hotel.mjs'
import { journey } from './lib/journey.mjs'
import { waitFor } from './lib/webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }

journey('Keyboard: a whole task without a mouse, and the mirrored board', async (world) => {
  const step = world.step.bind(world)
  const service = await world.service()
  const desk = world.desk()
  const day = dayOf(await service.hotel())
  const [room, noted] = day.rooms('stayover', 2)
  const [inspected] = day.rooms('departure', 1)
  const on = async (what, fits) => waitFor(`the focus: ${what}`, async () => {
    const at = await desk.focused()
    return at !== null && fits(at) ? at : false
  })
  const onTile = (what, fits = () => true) => on(what, (at) => at.testid === 'tile' && fits(at))

  await step('from launch to the board by keys alone', async () => {
    await desk.start()
    await desk.beginByKeys(service.url, await service.code(), day.lead)
  })

  await step('the board is one stop for Tab, each way', async () => {
    await desk.intoBoard()
    const tile = await onTile('a tile')
    await desk.app.press('Tab')
    assert.ok(await desk.app.execute(() => document.activeElement.closest('.lanes') === null), 'Tab stayed on the board')
    await desk.app.press('Shift', 'Tab')
    await onTile('the same tile again', (at) => at.id === tile.id)
    await desk.app.press('Shift', 'Tab')
    assert.ok(await desk.app.execute(() => document.activeElement.closest('.lanes') === null), 'Shift+Tab stayed on the board')
    await desk.app.press('Tab')
    await onTile('the same tile again', (at) => at.id === tile.id)
  })

  await step('arrows, Home, End and pages lead from tile to tile', async () => {
    await desk.app.press('Home')
    const first = await onTile('the first')
    await desk.app.press('ArrowDown')
    const second = await onTile('the next', (at) => at.id !== first.id)
    await desk.app.press('ArrowUp')
    await onTile('the first again', (at) => at.id === first.id)
    await desk.app.press('End')
    const last = await onTile('the last', (at) => at.id !== first.id && at.id !== second.id)
    await desk.app.press('PageUp')
    await onTile('a page up', (at) => at.id !== last.id)
    await desk.app.press('Home')
    await onTile('the first again', (at) => at.id === first.id)
  })

  await step('a task from start to inspected by letters; the focus stays where the work is', async () => {
    await desk.goTo(inspected)
    const next = await desk.app.execute((room) => {
      const row = document.querySelector(`[data-testid="tile"][data-room="${room}"]`).closest('.tile-row')
      const at = Number(row.getAttribute('aria-rowindex'))
      return row.parentElement.querySelector(`.tile-row[aria-rowindex="${at + 1}"] [data-testid="tile"]`)?.id ?? null
    }, inspected)
    await desk.key(inspected, 's', 'start', 'started')
    if (next !== null) await onTile('the next room to work', (at) => at.id === next)
    await desk.key(inspected, 'c', 'complete', 'completed')
    await desk.inspectByKeys(inspected, 'fail', 'Dust on the lamp')
    await desk.key(inspected, 's', 'start', 'started')
    await desk.key(inspected, 'c', 'complete', 'completed')
    await desk.inspectByKeys(inspected, 'pass')
    await desk.goTo(inspected)
    await desk.waitForTile(inspected, 'inspected', (tile) => tile.column === 'inspected')
  })

  await step('Ctrl+Z takes the last action back, as an action of its own', async () => {
    await desk.key(room, 's', 'start', 'started')
    await desk.app.press('Control', 'z')
    await waitFor('the screen to say so', async () => (await desk.app.execute((css) => document.querySelector(css)?.innerText ?? '', id('message'))).includes('undone'), PATIENT)
    desk.note({ room, action: 'undo' })
    await desk.waitForTile(room, 'dirty again', (tile) => tile.column === 'dirty')
    await desk.mustHaveFocus('after the undo')
  })

  await step('menus, dialogs and the sheet of keys give the focus back', async () => {
    await desk.goTo(noted)
    await desk.app.press('m')
    await desk.app.get(id('tile-menu-list'))
    await desk.picture('menu')
    await desk.app.press('Escape')
    await onTile('the tile', (at) => at.room === noted)
    await desk.app.press('Enter')
    await desk.app.get(id('dialog-details'))
    await desk.picture('details')
    await desk.app.press('Escape')
    await onTile('the tile', (at) => at.room === noted)
    await desk.app.press('?')
    await desk.app.get(id('shortcuts'))
    await desk.picture('keys')
    await desk.app.press('Escape')
    await desk.mustHaveFocus('after the sheet')
    await desk.app.press('/')
    await on('the search', (at) => at.testid === 'board-search')
    // In a text field letters are text.
    await desk.app.type('s')
    await desk.app.press('Backspace')
  })

  await step('a letter that does not fit the tile changes nothing', async () => {
    const before = (await service.audit()).length
    await desk.goTo(noted)
    await desk.app.press('c')
    await desk.app.press('i')
    await desk.waitUntilCalm()
    assert.equal((await service.audit()).length, before)
    await desk.waitForTile(noted, 'still dirty', (tile) => tile.column === 'dirty')
  })

  await step('mirrored: the lanes run from right to left, nothing sticks out, arrows follow the eye (H26)', async () => {
    await desk.app.press('g')
    await desk.app.press('b')
    const placed = () => desk.app.execute((css) => [...document.querySelectorAll(css)].map((lane) => [lane.dataset.column, Math.round(lane.getBoundingClientRect().x)]), id('lane'))
    const before = await placed()
    await desk.app.execute(() => { document.documentElement.dir = 'rtl' })
    const after = await waitFor('the mirrored board', async () => {
      const after = await placed()
      return after[0][1] > after[3][1] ? after : false
    })
    assert.deepEqual(after.map(([column]) => column), before.map(([column]) => column))
    assert.deepEqual(after.map(([, x]) => x), before.map(([, x]) => x).toReversed())
    const wide = await desk.app.execute(() => {
      const width = document.documentElement.clientWidth
      const out = [...document.querySelectorAll('.frame *')].filter((each) => {
        const { left, right, width: own } = each.getBoundingClientRect()
        // A list's native twin, for forms that fill themselves in, is clipped to nothing.
        return own > 0 && (left < -1 || right > width + 1) && each.closest('[data-react-aria-prevent-focus], .hidden-words') === null
      })
      const scrolls = document.documentElement.scrollWidth > width ? ['the whole page'] : []
      return [...scrolls, ...out.map((each) => each.className || each.tagName)]
    })
    assert.deepEqual(wide, [], 'sticks out of the window')
    await desk.goTo(inspected)
    await onTile('the inspected room', (at) => at.column === 'inspected')
    await desk.app.press('ArrowRight')
    await onTile('the lane to the right, which comes before', (at) => at.column === 'dirty')
    await desk.app.press('ArrowLeft')
    await onTile('the lane to the left', (at) => at.column === 'inspected')
    await desk.picture('mirrored-light')
    await desk.theme('dark')
    await desk.picture('mirrored-dark')
    await desk.app.press('Control', 'j')
    await desk.app.get(id('outbox-row'))
    await desk.picture('mirrored-sync-center')
    await desk.openFrontDesk()
    await desk.app.execute(() => { document.documentElement.dir = 'rtl' })
    await desk.picture('mirrored-front-desk')
    await desk.board()
  })

  await step('the service has each action once, by the person who did it', () => world.compare(service, desk))
})
