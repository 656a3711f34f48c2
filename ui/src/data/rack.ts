// The front desk's rooms as this window holds them, kept like the board: by id, in corridor order.

import { createStore, type StoreApi } from "zustand/vanilla";
import type { FrontDeskDelta, RackRoom, RoomId } from "../bindings/bindings";
import { roomKey } from "./board";

export interface RackState {
  revision: number | null;
  rooms: ReadonlyMap<RoomId, RackRoom>;
  /** In corridor order. */
  order: readonly RoomId[];
  stamp: number;
}

export interface RackStore extends StoreApi<RackState> {
  apply: (delta: FrontDeskDelta) => void;
}

export function createRackStore(): RackStore {
  const rooms = new Map<RoomId, RackRoom>();
  const store = createStore<RackState>(() => ({ revision: null, rooms, order: [], stamp: 0 }));
  return Object.assign(store, {
    apply: (delta: FrontDeskDelta) => {
      const state = store.getState();
      if (state.revision !== null && delta.revision < state.revision) return;
      let reorder = delta.full;
      if (delta.full) rooms.clear();
      for (const id of delta.removed) reorder = rooms.delete(id) || reorder;
      for (const room of delta.rooms) {
        reorder ||= rooms.get(room.roomId)?.number !== room.number;
        rooms.set(room.roomId, room);
      }
      store.setState({
        revision: delta.revision,
        order: reorder ? inCorridorOrder(rooms) : state.order,
        stamp: state.stamp + 1,
      });
    },
  });
}

function inCorridorOrder(rooms: ReadonlyMap<RoomId, RackRoom>): RoomId[] {
  const keyed = [...rooms.values()].map((room) => ({ id: room.roomId, key: roomKey(room.number) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map((entry) => entry.id);
}
