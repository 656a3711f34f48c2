// What the screen said is saved, held against what the service has: every action exactly once, in order for each room,
// by the person who did it, with its own note of having been made offline; both chains of the audit trail whole and the
// same. Counters are not asked.

import assert from 'node:assert/strict'
import { waitFor } from './webdriver.mjs'

/** Outcomes that changed the room. */
const CHANGED = new Set(['applied', 'merged'])
/** Outcomes that say: the service has it. */
const TAKEN = new Set([...CHANGED, 'settled'])
/** Outcomes that are judged anew: an action that waited for another has these before its own. */
const NOT_YET = new Set(['blocked', 'missing_predecessor', 'retry_later'])
/** Actions that move a task from one status to another. */
const MOVES = new Set(['start', 'pause', 'resume', 'complete', 'inspect'])

/**
 * Compares, and answers how many actions there were. An entry of `desk.saved` may say `outcome` where another one than
 * "taken" is right, `again` where it is a further try, and `together`, alike in all of them, where several rooms were
 * recorded as one.
 */
export async function compare(service, desk) {
  const { rooms } = await service.hotel()
  const numbers = new Map([...rooms.values()].map((room) => [room.id, room.number]))
  const trail = await desk.auditTrail()
  assert.equal(trail.length, desk.saved.length, `the desk holds ${trail.length} entries, the screen said "saved" ${desk.saved.length} times`)

  const all = await service.audit()
  const own = new Map(trail.map(([seq, event, hash]) => [event, { seq, hash, entries: [] }]))
  for (const entry of all) own.get(entry.event_id)?.entries.push(entry)
  const install = all.find((entry) => own.has(entry.event_id))?.install_id
  const strangers = all.filter((entry) => entry.install_id === install && !own.has(entry.event_id))
  assert.deepEqual(strangers, [], 'the service has actions of this desk that the desk does not know')

  const said = desk.saved.map(({ room, action, actor, offline, outcome = 'taken' }) => ({ room, action, actor, offline, outcome }))
  const held = [...own.values()].map(({ seq, hash, entries }) => {
    for (const entry of entries) assert.deepEqual([entry.local_seq, entry.event_hash], [seq, hash])
    const final = entries.filter((entry) => !NOT_YET.has(entry.outcome))
    assert.equal(final.length, 1, `entry ${seq} of the desk's trail has ${final.length} outcomes at the service: ${JSON.stringify(entries)}`)
    const [entry] = final
    return {
      room: entry.entity.kind === 'room' ? numbers.get(entry.entity.id) : null,
      action: entry.action,
      actor: entry.actor_id,
      offline: entry.originated_offline,
      outcome: TAKEN.has(entry.outcome) ? 'taken' : entry.outcome,
    }
  })
  // What was recorded together may have been recorded in any order; what came before and after it may not.
  for (const [from, to] of together(desk.saved)) {
    for (const list of [said, held]) list.splice(from, to - from, ...list.slice(from, to).toSorted((a, b) => (a.room < b.room ? -1 : 1)))
  }
  assert.deepEqual(held, said, 'what the service holds is not what the screen said is saved')

  // In the order of the service's own trail, what changed a room stands as it was done. What was tried again takes the
  // place of the try that failed.
  const again = new Set(trail.filter((_, at) => desk.saved[at].again).map(([, event]) => event))
  const order = new Map()
  for (const entry of all.filter((entry) => own.has(entry.event_id) && !again.has(entry.event_id) && CHANGED.has(entry.outcome))) {
    const before = order.get(entry.entity.id) ?? 0
    assert.ok(entry.local_seq > before, `room ${entry.entity.id}: entry ${entry.local_seq} came after ${before}`)
    order.set(entry.entity.id, entry.local_seq)
  }

  // The rest of the house was told of each once.
  const moved = [...own.values()].flatMap(({ entries }) => entries).filter((entry) => MOVES.has(entry.action) && CHANGED.has(entry.outcome))
  await waitFor('the domain events of every action', () => {
    const told = service.events()
    return moved.every((entry) => told.some((event) => event.data.event_id === entry.event_id))
  }, { timeoutMs: 60_000 })
  for (const entry of moved) {
    const told = service.events().filter((event) => event.data.event_id === entry.event_id && event.type === 'melmastoon.housekeeping.task.status.changed.v1')
    assert.equal(told.length, 1, `${entry.action} of room ${entry.entity.id} was told ${told.length} times`)
    assert.equal(told[0].data.originated_offline, entry.originated_offline)
    assert.equal(told[0].data.actor, entry.actor_id)
  }
  await service.verifyAudit()
  return held.length
}

/** From where to where the list has what was recorded together. */
function together(saved) {
  const stretches = []
  for (let from = 0; from < saved.length; ) {
    let to = from + 1
    while (to < saved.length && saved[from].together !== undefined && saved[to].together === saved[from].together) to += 1
    if (to - from > 1) stretches.push([from, to])
    from = to
  }
  return stretches
}
