// The property service as its operator has it: the program, its database and its port; and as another program sees it,
// by HTTP. What the desk says is compared with what is read here.

import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Running, run } from './processes.mjs'
import { freePort, waitFor } from './webdriver.mjs'
import { OUT, REPOSITORY, program } from './places.mjs'

const SAMPLE = { file: join(REPOSITORY, 'data/sample/city-hotel-2016.csv.gz'), hotel: 'City Hotel', date: '2016-09-09' }
const BINARY = program('turndown-service')

/** The database of a fresh hotel's day, made once and copied for each journey. */
async function freshHotel(sample, copies) {
  const template = join(OUT, 'hotels', sample ? 'sample.db' : copies === 1 ? 'hotel.db' : `hotel-${copies}.db`)
  if (!existsSync(template)) {
    mkdirSync(join(OUT, 'hotels'), { recursive: true })
    const making = `${template}.new`
    for (const name of [making, `${making}-wal`, `${making}-shm`, `${making}.signing-key`]) rmSync(name, { force: true })
    const args = ['import', '--db', making, '--file', copies === 1 ? SAMPLE.file : manyBookings(copies), '--hotel', SAMPLE.hotel, '--date', SAMPLE.date]
    await run(BINARY, [...args, ...(sample ? ['--sample'] : [])])
    copyHotel(making, template)
  }
  return template
}

/** The sample's bookings so many times over: a hotel of so many times its rooms. */
function manyBookings(copies) {
  const [head, ...rows] = gunzipSync(readFileSync(SAMPLE.file)).toString('utf8').trimEnd().split('\n')
  const file = join(OUT, 'hotels', `bookings-${copies}.csv`)
  writeFileSync(file, `${[head, ...Array.from({ length: copies }, () => rows).flat()].join('\n')}\n`)
  return file
}

function copyHotel(from, to) {
  for (const part of ['.signing-key', '-wal', '']) {
    if (existsSync(from + part)) copyFileSync(from + part, to + part)
  }
}

export class Service {
  #folder
  #process
  #token
  #property

  /** A service of its own in this folder, serving a fresh day of the sample's hotel. */
  static async start(folder, { sample = false, copies = 1 } = {}) {
    const service = new Service()
    service.#folder = folder
    mkdirSync(folder, { recursive: true })
    copyHotel(await freshHotel(sample, copies), service.db)
    service.port = await freePort()
    await service.start()
    return service
  }

  get db() {
    return join(this.#folder, 'hotel.db')
  }

  get url() {
    return `http://127.0.0.1:${this.port}`
  }

  get output() {
    return this.#process?.output ?? ''
  }

  /** Starts it again on the same port, because desks remember the address. */
  async start() {
    const ready = join(this.#folder, 'address')
    rmSync(ready, { force: true })
    const args = ['serve', '--db', this.db, '--listen', `127.0.0.1:${this.port}`, '--ready-file', ready]
    const events = join(this.#folder, 'events.jsonl')
    const log = join(this.#folder, 'service.log')
    this.#process = new Running(BINARY, [...args, '--events-file', events], { log })
    await waitFor('the service to be ready', () => {
      this.#process.mustLive()
      return existsSync(ready)
    })
  }

  async stop() {
    await this.#process?.stop()
  }

  /** A power cut. */
  async kill() {
    process.kill(this.#process.pid, 'SIGKILL')
    await this.#process.ended()
  }

  /** What the hotel's own system reports, as an interface sends it: from a file. Answers what was said about it. */
  report(...reports) {
    const file = join(this.#folder, 'reports.jsonl')
    writeFileSync(file, reports.map((report) => `${JSON.stringify(report)}\n`).join(''))
    return run(BINARY, ['front-office', 'send', '--db', this.db, '--file', file])
  }

  /** A code that a person would type at a new desk. */
  async code() {
    return (await run(BINARY, ['enroll', '--db', this.db])).split('\n')[0]
  }

  /** Has the hotel ask for PINs, as its IT does it; answers everybody's first one by their id. */
  async askForPins() {
    const given = await run(BINARY, ['pin', '--db', this.db, '--everybody'])
    await run(BINARY, ['sign-in', '--db', this.db, '--by', 'pin'])
    return new Map([...given.matchAll(/^(\d{6}) {2}(\S+)/gm)].map(([, pin, person]) => [person, pin]))
  }

  /** Changes a room's task as another workplace would. */
  act(room, what, ...more) {
    return run(BINARY, ['act', '--db', this.db, '--room', room, ...more, what])
  }

  /** As many tasks as that, the same ones each time. A room in which it may not be done ends a call; the next one goes on. */
  async actAtRandom(count, what) {
    let left = count
    for (let seed = 1; left > 0 && seed <= count; seed += 1) {
      const said = await run(BINARY, ['act', '--db', this.db, '--random', String(left), '--seed', String(seed), what]).catch((error) => error.message)
      left -= said.split('\n').filter((line) => line.includes(`: ${{ pass: 'inspect' }[what] ?? what} by `)).length
    }
    if (left > 0) throw new Error(`${left} of ${count} tasks were left when nothing more could be done: ${what}`)
  }

  /** Takes somebody out of the hotel's people, as happens between two imports; answers how to take them back. */
  async letGo(person) {
    const change = async (script) => {
      await this.stop()
      const code = `import json,sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\nbook=json.loads(c.execute("SELECT reference FROM properties").fetchone()[0])\nperson=json.loads(sys.argv[2])\n${script}\nc.execute("UPDATE properties SET reference = ?", [json.dumps(book)])\nc.commit()`
      await run('python3', ['-c', code, this.db, JSON.stringify(person)])
      await this.start()
    }
    await change("book['staff']=[one for one in book['staff'] if one['id']!=person['id']]")
    return () => change("book['staff'].append(person)")
  }

  async #get(path) {
    this.#token ??= await run(BINARY, ['enroll', '--db', this.db, '--token', '--name', 'Comparison'])
    const response = await fetch(this.url + path, { headers: { authorization: `Bearer ${this.#token}` } })
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`)
    return response.json()
  }

  async #propertyPath() {
    this.#property ??= (await this.#get('/v1/capabilities')).property_id
    return `/v1/properties/${this.#property}`
  }

  /** The hotel as the service has it: people, and rooms by number, each with its tasks. */
  async hotel() {
    const snapshot = await this.#get(`${await this.#propertyPath()}/snapshot`)
    const rooms = new Map()
    for (const row of snapshot.rows) {
      const room = { id: row.entity.id, version: row.version, contested: row.contested ?? null, fields: row.fields, tasks: {} }
      for (const [path, value] of Object.entries(row.fields)) {
        const [kind, id, name] = path.split('/')
        if (kind === 'room') room[id] = value
        else if (kind === 'task') (room.tasks[id] ??= { id })[name] = value
      }
      rooms.set(room.number, room)
    }
    return { book: snapshot.reference.document, rooms }
  }

  /** Every audit entry, in order. */
  async audit() {
    const entries = []
    for (let after = 0; after !== undefined && after !== null; ) {
      const page = await this.#get(`${await this.#propertyPath()}/audit?after=${after}`)
      entries.push(...page.entries)
      after = page.next
    }
    return entries
  }

  /** Every domain event told so far. */
  events() {
    const file = join(this.#folder, 'events.jsonl')
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)) : []
  }

  /** Walks both audit chains; throws where one is broken. */
  verifyAudit() {
    return run(BINARY, ['audit', 'verify', '--db', this.db])
  }
}
