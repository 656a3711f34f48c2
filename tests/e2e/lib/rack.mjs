// The front desk's window in the hands of somebody who has no mouse.

import { id } from './desk.mjs'
import { waitFor } from './webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }

export const row = (room) => `${id('rack-room')}[data-room="${room}"]`

export class Rack {
  constructor(desk) {
    this.desk = desk
  }

  get app() {
    return this.desk.app
  }

  async open() {
    await this.desk.intoBoard()
    // In one go: the second key counts only soon after the first.
    await this.app.type('gf')
    await this.desk.frontDesk()
    await this.app.get(id('rack-room'), PATIENT)
  }

  async filter(name) {
    await this.toSearch('')
    await this.desk.tabTo(`rack-filter-${name}`)
    await this.app.press('Enter')
    await waitFor(`the filter ${name}`, () => this.app.execute((css) => document.querySelector(css).getAttribute('aria-pressed') === 'true', id(`rack-filter-${name}`)))
  }

  async toSearch(text) {
    // In a text field a stroke is text.
    await waitFor('the focus on the search', async () => {
      if ((await this.desk.focused()).testid === 'rack-search') return true
      await this.app.press('/')
      return false
    })
    await this.app.press('Control', 'a')
    if (text === '') await this.app.press('Backspace')
    else await this.app.type(text)
    await waitFor(`"${text}" in the search`, () => this.app.execute((css, text) => document.querySelector(css).value === text, id('rack-search'), text))
  }

  /** The focus to a room's row. */
  async goTo(room) {
    await this.toSearch(room)
    await this.app.get(row(room), PATIENT)
    await this.desk.tabTo('rack-room')
    await waitFor(`the focus on room ${room}`, async () => {
      if ((await this.desk.focused()).room === room) return true
      await this.app.press('ArrowDown')
      return false
    })
  }

  /** A letter on the row that has the focus. */
  async key(room, letter, action, words) {
    await this.app.press(letter)
    if (words !== undefined) await this.desk.said(room, action, words)
  }

  /** A verb of the room's panel. */
  async panel(room, verb, action, words) {
    await this.goTo(room)
    await this.app.press('Enter')
    await this.app.get(id('dialog-room'), PATIENT)
    await this.desk.tabTo(`room-${verb}`)
    await this.app.press('Enter')
    await this.desk.said(room, action, words)
  }

  async claim(room, guest) {
    await this.app.press('c')
    await waitFor('the question for whom', async () => (await this.desk.focused()).testid === 'claim-guest', PATIENT)
    await this.app.type(guest)
    await this.app.press('Enter')
    await this.desk.said(room, 'claim', `claimed for ${guest}`)
  }

  shows(room, what, fits) {
    return this.desk.waitForRack(room, what, fits)
  }
}
