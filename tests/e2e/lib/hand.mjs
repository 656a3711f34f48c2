// A hand at the mouse and the keyboard: xdotool moves the pointer and strikes the keys of the journey's own display, so
// that a press goes the way that a person's does, through the display and GTK into the page. A drag that only the driver's
// own events can do is dead, and only the display has a keyboard's layout.

import { run } from './processes.mjs'
import { waitFor } from './webdriver.mjs'

const PATIENT = { timeoutMs: 30_000 }
const LAYER = '.drag-layer'

/** The display's numbers of the keys, which are those of their places on every keyboard. */
const KEYS = Object.fromEntries([
  ['1234567890', 10], ['qwertyuiop', 24], ['asdfghjkl;', 38], ['zxcvbnm,./', 52],
].flatMap(([row, first]) => [...row].map((key, at) => [key, first + at])))

export class Hand {
  #world
  #desk
  #at = { x: 0, y: 0 }

  constructor(world, desk) {
    this.#world = world
    this.#desk = desk
  }

  async #run(program, of, words) {
    try {
      return await run(program, words.map(String), { env: this.#world.display })
    } catch (error) {
      if (error.code === 'ENOENT') throw new Error(`${program} is not installed (Debian: apt-get install ${of})`, { cause: error })
      throw error
    }
  }

  #do(...words) {
    return this.#run('xdotool', 'xdotool', words)
  }

  /** The display's own number of the window with this title, once it is there. */
  window(title) {
    return waitFor(`a window called "${title}"`, async () => {
      const found = await this.#do('search', '--all', '--onlyvisible', '--pid', this.#desk.app.pid, '--name', `^${title}$`).catch((error) => {
        if (error.message.includes('not installed')) throw error
        return ''
      })
      return found.split('\n')[0]
    }, PATIENT)
  }

  /** Gives the keyboard to a window, as a change of windows by the keyboard does: without a press of the mouse. */
  async turnTo(window) {
    await this.#do('windowfocus', window)
  }

  /** Puts a window to where it covers nothing. */
  async putAside(window, x, y) {
    await this.#do('windowmove', window, x, y)
  }

  /** Where the middle of what matches is on the display, once nothing covers it. The board's window is the one held. */
  async place(css) {
    const window = await this.window('Turndown')
    const shell = await this.#do('getwindowgeometry', '--shell', window)
    const [left, top] = ['X', 'Y'].map((name) => Number(new RegExp(`^${name}=(-?\\d+)$`, 'm').exec(shell)[1]))
    const { x, y } = await waitFor(`${css} in sight`, () => this.#desk.app.execute((css) => {
      const element = document.querySelector(css)
      if (element === null) return null
      const box = element.getBoundingClientRect()
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
      const top = document.elementFromPoint(x, y)
      return top !== null && element.contains(top) ? { x: x * devicePixelRatio, y: y * devicePixelRatio } : null
    }, css), PATIENT)
    return { x: Math.round(left + x), y: Math.round(top + y) }
  }

  async moveTo({ x, y }) {
    this.#at = { x, y }
    await this.#do('mousemove', x, y)
  }

  async press() {
    await this.#do('mousedown', 1)
  }

  async letGo() {
    await this.#do('mouseup', 1)
  }

  async key(name) {
    await this.#do('key', name)
  }

  /** Has the display's keyboard type another script from now on. */
  async layout(name, variant = '') {
    await this.#run('setxkbmap', 'x11-xkb-utils', ['-layout', name, '-variant', variant])
  }

  /** Strikes keys one after the other, each named by what the layout `us` has at its place, whatever is typed there now. */
  async strike(keys, modifier) {
    await this.#do('key', '--delay', 40, ...[...keys].map((key) => (modifier === undefined ? KEYS[key] : `${modifier}+${KEYS[key]}`)))
  }

  async click(css) {
    await this.moveTo(await this.place(css))
    await this.#do('click', 1)
  }

  /** Turns the wheel over what matches until this is so. */
  async roll(css, way, until) {
    await this.moveTo(await this.place(css))
    await waitFor(`the wheel to have turned far enough ${way}`, async () => {
      await this.#do('click', way === 'up' ? 4 : 5)
      return until()
    }, PATIENT)
  }

  /** Whether something is in the hand, or was left behind from it: the picture under the pointer, the lanes' words. */
  holds() {
    return this.#desk.app.execute((layer) => document.querySelector(`${layer}, [data-dragging], [data-testid=drop]`) !== null, LAYER)
  }

  /** Takes a tile: presses and moves on until it is in the hand. */
  async take(css) {
    await this.moveTo(await this.place(css))
    await this.press()
    const from = this.#at
    let steps = 0
    await waitFor(`${css} in the hand`, async () => {
      steps = (steps % 10) + 1
      await this.moveTo({ x: from.x + steps * 4, y: from.y + steps })
      return this.#desk.app.execute((layer) => document.querySelector(layer) !== null, LAYER)
    }, PATIENT)
  }

  /** Moves what is in the hand over a lane, until the lane says what letting go there does. */
  async over(column) {
    const point = await this.place(`[data-testid="lane"][data-column="${column}"]`)
    let last
    await waitFor(`the lane ${column} to say something`, async () => {
      // The hand is never quite still.
      await this.moveTo({ x: point.x + (this.#at.x === point.x ? 1 : 0), y: point.y })
      last = await this.#desk.app.execute((column) => {
        const drop = document.querySelector(`[data-testid="lane"][data-column="${column}"] [data-testid="drop"]`)
        return drop === null || drop.dataset.over === undefined ? null : { verdict: drop.dataset.verdict, words: drop.innerText }
      }, column)
      return last
    }, PATIENT)
    return last
  }

  /** Takes a tile to a lane and lets go there. */
  async drag(css, column) {
    await this.take(css)
    const said = await this.over(column)
    await this.letGo()
    await waitFor('the hand to be empty', async () => !(await this.holds()), PATIENT)
    return said
  }
}
