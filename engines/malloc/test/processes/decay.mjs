/**
 * Fills 64 MiB, frees most of it and waits for it to go back to the operating system, as the
 * config given as JSON says. Prints, in MiB, what the process had in memory meanwhile.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Op, Status, Store } from '@memplug/engine'
import { TestHost } from '@memplug/engine-kit'
import { createEngine } from '../../dist/index.js'

const SIZE = 100_000
const COUNT = 600
const KEPT_EACH = 100
const DEADLINE_MS = 20_000

const config = JSON.parse(process.argv[2])
const host = new TestHost({}, config)
const engine = createEngine()
engine.initialize(host)
const op = new Op()
op.key = Buffer.alloc(16)

function name (key) {
  op.keyEnd = op.key.latin1Write(`key-${key}`, 0)
}

function ask (status) {
  if (status !== Status.SUCCESS) throw new Error(`status ${status}`)
}

function residentMiB () {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024
}

function extents () {
  const stats = {}
  engine.getStats('extents', (stat, value) => { stats[stat] = value })
  return stats
}

const before = residentMiB()
for (let key = 0; key < COUNT; key++) {
  name(key)
  op.size = SIZE
  op.mode = Store.SET
  ask(engine.allocate(op))
  op.value.fill(1 + key % 255, op.valueStart, op.valueEnd)
  ask(engine.store(op))
  engine.release(op)
}
const full = residentMiB()
for (let key = 0; key < COUNT; key++) {
  name(key)
  if (key % KEPT_EACH !== 0) ask(engine.remove(op))
}
await sleep(300)
const early = extents().discarded
host.clock.time += 100

const started = Date.now()
let discarded = -1
while (discarded !== extents().discarded && Date.now() - started < DEADLINE_MS) {
  discarded = extents().discarded
  await sleep(500)
}
let intact = true
for (let key = 0; key < COUNT; key += KEPT_EACH) {
  name(key)
  op.mode = 0
  ask(engine.get(op))
  for (let i = op.valueStart; i < op.valueEnd; i++) intact &&= op.value[i] === 1 + key % 255
  engine.release(op)
}
const { resident } = extents()
console.log(JSON.stringify({
  filled: full - before,
  given: full - residentMiB(),
  early,
  discarded: discarded / 2 ** 20,
  resident: resident / 2 ** 20,
  intact,
  log: host.lines.map(([level, message]) => `${level}: ${message}`)
}))
engine.destroy()
