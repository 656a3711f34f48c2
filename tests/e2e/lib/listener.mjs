// Somebody who listens instead of looking: a bus and an accessibility bus of their own, and what comes over them.

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Running, run } from './processes.mjs'
import { waitFor } from './webdriver.mjs'

const PATIENT = { timeoutMs: 60_000 }
const [SCRIPT, TREE] = ['listen.py', 'tree.py'].map((name) => fileURLToPath(new URL(name, import.meta.url)))
// Nothing is started by name on this bus, so that nothing outlives the journey.
const BUS = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow send_type="signal"/><allow own="*"/></policy></busconfig>
`

export class Listener {
  #world
  #process
  #rest = ''
  /** What a desk is started with, to be heard. */
  env
  /** What was said in the window, in order: `{live, text}`. */
  heard = []
  #ready = 0

  static async open(world) {
    const listener = new Listener()
    listener.#world = world
    writeFileSync(world.path('bus.conf'), BUS)
    const bus = new Running('dbus-daemon', [`--config-file=${world.path('bus.conf')}`, '--nofork', '--print-address=3'], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
    world.atEnd(() => bus.stop())
    let address = ''
    for await (const chunk of bus.pipe(3)) {
      address += chunk
      if (address.includes('\n')) break
    }
    listener.env = { DBUS_SESSION_BUS_ADDRESS: address.trim(), NO_AT_BRIDGE: undefined }
    const launcher = new Running('/usr/libexec/at-spi-bus-launcher', ['--launch-immediately'], { env: { ...world.display, ...listener.env }, log: world.path('at-spi.log') })
    world.atEnd(() => launcher.stop())
    return listener
  }

  /** Begins to listen to the app that was started with `env`, once its page can be read. */
  async listen() {
    // The system's own Python: that is the one whose packages setup.sh installs.
    this.#process = new Running('/usr/bin/python3', [SCRIPT, 'turndown'], { env: { ...this.#world.display, ...this.env }, log: this.#world.path('listener.log') })
    this.#world.atEnd(() => this.#process.stop())
    this.#process.pipe(1).on('data', (text) => this.#take(text))
    return waitFor('the page in the accessibility tree', () => {
      this.#process.mustLive()
      return this.#ready
    }, PATIENT)
  }

  #take(text) {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()
    for (const { ready, live, text } of lines.map((line) => JSON.parse(line))) {
      if (ready !== undefined) this.#ready = ready
      else this.heard.push({ live, text: text.replace(/[\u2066-\u2069]/g, '') })
    }
  }

  /** The tree that a screen reader has of the page whose title begins so, or of its part of this role, line by line. */
  async tree(title, ...part) {
    return (await run('/usr/bin/python3', ['-B', TREE, 'turndown', title, ...part], { env: { ...this.#world.display, ...this.env } })).split('\n')
  }

  /** Forgets what was heard so far. */
  clear() {
    this.heard.length = 0
  }

  /** Waits until this was said, and answers how often. */
  async times(wanted) {
    const fits = () => this.heard.filter(({ text }) => wanted.test(text))
    await waitFor(`somebody to hear ${wanted}`, () => fits().length > 0, PATIENT).catch((error) => {
      throw new Error(`${error.message}; heard ${JSON.stringify(this.heard)}`, { cause: error })
    })
    return fits().length
  }
}
