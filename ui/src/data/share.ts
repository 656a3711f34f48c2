// A state that was read again shares with the one before it every part that says the same, so that what shows an
// unchanged part has nothing to render.

export function share<T>(before: T, after: T): T {
  if (Object.is(before, after)) return before;
  if (typeof before !== "object" || typeof after !== "object" || before === null || after === null) return after;
  if (Array.isArray(before) || Array.isArray(after)) {
    if (!Array.isArray(before) || !Array.isArray(after)) return after;
    const list: unknown[] = after.map((each, at) => share<unknown>(before[at], each));
    const same = before.length === list.length && list.every((each, at) => Object.is(each, before[at]));
    return same ? before : (list as T);
  }
  const old = before as Record<string, unknown>;
  const entries = Object.entries(after).map(([key, value]) => [key, share(old[key], value)] as const);
  const same = entries.length === Object.keys(old).length && entries.every(([key, value]) => Object.is(value, old[key]));
  return same ? before : (Object.fromEntries(entries) as T);
}
