// Programs that a journey starts: told to end by their own id, and waited for. Nothing is ever ended by name.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'

// What was started and has not ended yet. A journey ends what it starts; this is for one that is itself ended.
const started = new Set()
process.on('exit', () => {
  for (const pid of started) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
})

/** Ends this process with this one, should it still run then. */
export function endWithUs(pid) {
  started.add(pid)
}

/** This process has ended. */
export function hasEnded(pid) {
  started.delete(pid)
}

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
    const { pid } = this.#child
    if (pid !== undefined) {
      endWithUs(pid)
      this.#child.once('exit', () => hasEnded(pid))
    }
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

  /** Waits until it has ended by itself. */
  async ended({ timeoutMs = 60_000 } = {}) {
    if (!this.alive) return
    await once(this.#child, 'exit', { signal: AbortSignal.timeout(timeoutMs) }).catch(() => {
      throw new Error(`${this.#name} has not ended within ${timeoutMs} ms\n${this.#output}`)
    })
  }

  /** Tells it to end, and sees to it that it does. */
  async stop() {
    if (!this.alive) return
    this.#child.kill()
    await this.ended({ timeoutMs: 15_000 }).catch(async () => {
      this.#child.kill('SIGKILL')
      await this.ended()
    })
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
