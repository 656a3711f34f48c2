// Programs that a journey starts: told to end by their own id, and waited for. Nothing is ever ended by name.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'

/** A program that runs until it is told to end. */
export class Running {
  #child
  #output = ''
  #name

  constructor(command, args, { env = {}, log, stdio = ['ignore', 'pipe', 'pipe'] } = {}) {
    this.#name = command
    this.#child = spawn(command, args, { env: { ...process.env, ...env }, stdio })
    const file = log === undefined ? undefined : createWriteStream(log, { flags: 'a' })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        this.#output = (this.#output + text).slice(-20_000)
        file?.write(text)
      })
    }
    this.#child.on('error', (error) => (this.#output += error.message))
    this.#child.on('close', () => file?.end())
  }

  get pid() {
    return this.#child.pid
  }

  /** What it wrote lately. */
  get output() {
    return this.#output
  }

  get alive() {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  get exitCode() {
    return this.#child.exitCode
  }

  /** A pipe beside the usual three. */
  pipe(number) {
    return this.#child.stdio[number]
  }

  /** Throws, with what it said, if it has ended by itself. */
  mustLive() {
    if (!this.alive) throw new Error(`${this.#name} is not running\n${this.#output}`)
  }

  async ended() {
    if (this.alive) await once(this.#child, 'exit')
  }

  async stop(signal = 'SIGTERM') {
    if (!this.alive) return
    this.#child.kill(signal)
    await this.ended()
  }
}

/** Runs a program to its end and returns what it printed. */
export async function run(command, args, { env = {} } = {}) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (err += text))
  const [code, signal] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}\n${out}${err}`)
  return out.trim()
}
