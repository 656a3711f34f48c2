// The day as the service has it, and rooms to try things on.

/** `{lead, staff, tasks, rooms}` of what [`Service.hotel`] answered. */
export function dayOf({ book, rooms }) {
  const lead = book.staff.find((person) => person.role === 'lead')
  const tasks = [...rooms.values()].flatMap((room) => Object.values(room.tasks))
  const taken = new Set()
  return {
    book,
    lead,
    staff: book.staff,
    tasks,
    /** An attendant other than the one who has the room's task. */
    otherThan(room) {
      const [task] = Object.values(rooms.get(room).tasks)
      return book.staff.find((person) => person.role === 'attendant' && person.id !== task.assignee)
    },
    /**
     * The first rooms, none of them given out here before, whose one task is of this kind and can be worked.
     */
    rooms(kind, count) {
      const fits = (room) => {
        const own = Object.values(room.tasks)
        return own.length === 1 && own[0].kind === kind && own[0].status === 'ready' && room.dnd_since === undefined
          && room.sellability.kind === 'in_service' && !taken.has(room.number)
      }
      const found = [...rooms.values()].filter(fits).slice(0, count).map((room) => room.number)
      if (found.length < count) throw new Error(`the day has only ${found.length} free rooms with a ${kind}`)
      for (const number of found) taken.add(number)
      return found
    },
  }
}
