// Trees that are kept beside the journeys and compared line by line; UPDATE=1 writes them anew.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { OUT } from './places.mjs'
import { waitFor } from './webdriver.mjs'

const FOLDER = new URL('../golden/', import.meta.url)

/** Without what is another one each time: times of day, ages, days, folders, and what a desk is called by. */
const lasting = (line) => line
  .replace(/[\u2066-\u2069]/g, '')
  .replace(/\b\d{1,2}:\d{2}\b/g, 'hh:mm')
  .replace(/\b\d+ (s|min|h)\b/g, 'n $1')
  .replace(/\((just now|[^()]* ago)\)/g, '(some time ago)')
  .replace(/\b\d+ [A-Z][a-z]{2}, hh:mm/g, 'that day, hh:mm')
  .replaceAll(OUT, 'folder')
  .replace(/\bDesk [0-9A-Z]{4}\b/g, 'Desk ····')
  .replace(/\b127\.0\.0\.1:\d+\b/g, '127.0.0.1:port')

/** Reads a tree until it is the one that is kept; where a new one is to be kept, until it has stopped changing. */
export async function compareTree(name, read) {
  const file = new URL(`${name}.txt`, FOLDER)
  const update = process.env.UPDATE === '1'
  const kept = existsSync(file) && !update ? readFileSync(file, 'utf8').trimEnd() : null
  let tree = null
  const settled = waitFor(`the tree of ${name} to stand still`, async () => {
    const before = tree
    tree = (await read()).map(lasting).join('\n')
    return tree === (kept ?? before)
  }, { timeoutMs: 60_000, everyMs: 500 })
  // What differs for so long is told by its lines.
  await settled.catch((error) => { if (kept === null || tree === null) throw error })
  if (update) {
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(file, `${tree}\n`)
    return tree.split('\n').length
  }
  assert.notEqual(kept, null, `golden/${name}.txt is missing; UPDATE=1 writes it`)
  assert.equal(tree, kept, `golden/${name}.txt differs; UPDATE=1 writes it anew`)
  return tree.split('\n').length
}
