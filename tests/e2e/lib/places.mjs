// Where things are: the built programs, and the folder that a run leaves behind.

import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const REPOSITORY = resolve(fileURLToPath(new URL('../../..', import.meta.url)))

const BIN = resolve(process.env.TURNDOWN_BIN_DIR ?? join(process.env.CARGO_TARGET_DIR ?? join(REPOSITORY, 'target'), 'debug'))

/** Databases, logs and pictures of the last run, for whoever wants to look. */
export const OUT = resolve(BIN, '..', 'e2e')

export function program(name) {
  return join(BIN, name)
}
