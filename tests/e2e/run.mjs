// Runs the journeys in the real window, one after the other: they measure, and share a machine. Names or parts of names
// on the command line choose fewer.

import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import { OUT } from './lib/places.mjs'

const folder = fileURLToPath(new URL('.', import.meta.url))
const wanted = process.argv.slice(2)
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.test.mjs') && (wanted.length === 0 || wanted.some((part) => name.includes(part))))
  .toSorted()
  .map((name) => join(folder, name))
if (files.length === 0) {
  console.error(`No journey is called ${wanted.join(' or ')}.`)
  process.exit(1)
}

// Hotels that an older program imported may have another day.
rmSync(join(OUT, 'hotels'), { recursive: true, force: true })

const began = performance.now()
const count = { passed: 0, failed: 0 }
const results = run({ files, concurrency: 1 })
// Node 20 counts a file as a test around those in it; only what stands in a file is a journey.
results.on('test:pass', ({ nesting, name }) => { if (nesting === 0 && !name.endsWith('.mjs')) count.passed += 1 })
results.on('test:fail', ({ nesting }) => { if (nesting === 0) count.failed += 1 })
results.once('end', () => {
  setImmediate(() => {
    console.log(`\nThe real window: ${count.passed} passed, ${count.failed} failed, ${((performance.now() - began) / 1000).toFixed(0)} s`)
    process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0
  })
})
results.compose(new spec()).pipe(process.stdout)
