// The network between the desk and the service, in a hand that can cut it: a TCP relay on a port that stays the same.
// Cut, nobody listens on it and every open connection is gone, while the service itself goes on undisturbed.
// Swallowing, it takes whatever it is given and answers nothing.

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { freePort } from './webdriver.mjs'

const SIGN_IN_PAGE = '<!doctype html><title>Guest network</title><h1>Please sign in to use this network</h1>'

export class Relay {
  #target
  #port
  #server
  #sockets = new Set()
  #portal = false
  #swallows = false

  constructor(port, target) {
    this.#port = port
    this.#target = target
  }

  /** A relay to this port of this machine, ready. */
  static async open(target) {
    const relay = new Relay(await freePort(), target)
    await relay.restore()
    return relay
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`
  }

  /** The network is back. */
  async restore() {
    this.#portal = false
    this.#swallows = false
    if (this.#server === undefined) await this.#listen()
    else this.#drop()
  }

  /** The network is there, and answers everything with its own sign-in page and status 200. */
  async portal() {
    this.#portal = true
    if (this.#server === undefined) await this.#listen()
    else this.#drop()
  }

  /** The network is there, takes everything, and nothing ever comes back: neither an answer nor an end. */
  async swallow() {
    this.#swallows = true
    if (this.#server === undefined) await this.#listen()
    for (const socket of this.#sockets) socket.unpipe().resume()
  }

  /** The network is gone. */
  async cut() {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = once(server, 'close')
    server.close()
    this.#drop()
    await closed
  }

  #drop() {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }

  async #listen() {
    const server = createServer((desk) => this.#carry(desk))
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#server = server
  }

  #carry(desk) {
    this.#keep(desk)
    if (this.#swallows) {
      desk.resume()
      return
    }
    if (this.#portal) {
      desk.once('data', () => {
        const head = `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${SIGN_IN_PAGE.length}\r\nConnection: close\r\n\r\n`
        desk.end(head + SIGN_IN_PAGE)
      })
      return
    }
    const service = connect(this.#target, '127.0.0.1')
    this.#keep(service)
    desk.pipe(service)
    service.pipe(desk)
    desk.once('close', () => service.destroy())
    service.once('close', () => desk.destroy())
  }

  #keep(socket) {
    this.#sockets.add(socket)
    // What breaks is closed; the other side hears of it by its own connection breaking.
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#sockets.delete(socket))
  }
}
