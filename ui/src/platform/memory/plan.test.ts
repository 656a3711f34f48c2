import { expect, it } from "vitest";
import { memoryPlatform } from "./memory";

it.each([0, 20, 200, 5000])("a made-up house of %i rooms has each door once, everybody by a name of their own, and a ledger that balances", async (rooms) => {
  const platform = memoryPlatform({ rooms, busy: true });
  const rack = (await platform.frontDesk(null)).rooms;
  expect(new Set(rack.map(({ number }) => number)).size).toBe(rooms);
  expect(rack).toHaveLength(rooms);
  const { staff, sync } = await platform.appState();
  expect(new Set(staff.map(({ name }) => name)).size).toBe(staff.length);
  expect(sync.ledger.balanced).toBe(true);
  expect(sync.ledger.waiting).toBe(Math.round(rooms * 0.4));
  const sections = new Set(rack.map(({ section }) => section));
  for (const { section } of staff) if (section !== null) expect(sections).toContain(section);
}, 60_000);
