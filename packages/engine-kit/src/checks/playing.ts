import assert from 'node:assert/strict'
import { Arithmetic, Get, Status, Store } from '@memplug/engine'
import fc from 'fast-check'
import type { Asked } from '../dirt.js'
import { Kit, halves } from '../kit.js'
import type { Cas, Told } from '../kit.js'
import { Model } from '../model.js'
import type { Expected } from '../model.js'
import { statusName } from '../statuses.js'
import type { Check } from './check.js'

const RUNS = 100
const COMMANDS = 50
const { SET, ADD, REPLACE, APPEND, PREPEND } = Store
const { INCREMENT, DECREMENT, CREATE } = Arithmetic

/** One command: plays on both, and asserts that the engine does as the model. */
class Step implements fc.AsyncCommand<Model, Kit> {
  readonly #label: string
  readonly #play: (model: Model, kit: Kit) => Promise<void>

  constructor (label: string, play: (model: Model, kit: Kit) => Promise<void>) {
    this.#label = label
    this.#play = play
  }

  check (): boolean {
    return true
  }

  run (model: Model, kit: Kit): Promise<void> {
    return this.#play(model, kit)
  }

  toString (): string {
    return this.#label
  }
}

const key = fc.constantFrom('a', 'b', 'c')
const flags = fc.constantFrom(0, 1, -1)
/** Seconds from now; 0 is never. */
const lifetime = fc.constantFrom(-1, 0, 0, 0, 1, 5, 60)
const text = fc.oneof(
  fc.constantFrom('', '0', '9', '10 ', '99', '18446744073709551615', 'x'),
  fc.string({ unit: fc.constantFrom('x', 'y', '5', '\r\n', '\xff'), maxLength: 80 }))
const number = fc.oneof(fc.constantFrom(0n, 1n, 9n, 2n ** 32n), fc.bigInt(0n, 2n ** 64n - 1n))
const kind = fc.constantFrom(SET, SET, ADD, REPLACE, APPEND, PREPEND)
const countMode = fc.constantFrom(INCREMENT, DECREMENT, INCREMENT | CREATE, DECREMENT | CREATE)
/** Which cas to compare with, if any. */
const guess = fc.constantFrom('none', 'none', 'right', 'near', 'former', 'zero')

function timeOf (seconds: number, kit: Kit): number {
  return seconds === 0 ? 0 : Math.max(1, kit.now + seconds)
}

function guessCas (which: string, key: string, model: Model, kit: Kit): Asked {
  if (which === 'none' || !kit.hasCas) return {}
  const zero: Cas = { casLow: 0, casHigh: 0 }
  const right = model.find(key, kit.now)?.cas ?? zero
  if (which === 'right') return { compare: true, ...right }
  if (which === 'near') return { compare: true, ...right, casHigh: right.casHigh + 1 }
  return { compare: true, ...zero, ...(which === 'former' && model.formerCas.get(key)) }
}

/** Asserts the item as the engine told it, and takes over what only the engine knows. */
function agree (model: Model, kit: Kit, key: string, told: Told, isChanged: boolean): void {
  const entry = model.entries.get(key)!
  assert.deepEqual([told.text, told.flags, told.expires], [entry.text, entry.flags, entry.expires])
  adopt(model, kit, key, told, isChanged)
}

function adopt (model: Model, kit: Kit, key: string, { cas }: Told, isChanged: boolean): void {
  if (!kit.hasCas) return
  const entry = model.entries.get(key)!
  const old = isChanged ? model.formerCas.get(key) : undefined
  if (!isChanged) assert.deepEqual(cas, entry.cas)
  if (old !== undefined) assert.notDeepEqual(cas, old, 'a change gives a new cas')
  entry.cas = cas
}

function assertOneOf (told: Told, expected: Expected): void {
  assert.ok(expected.includes(told.status),
    `${statusName(told.status)} instead of ${expected.map(statusName).join(' or ')}`)
}

const get = fc.record({ key, mode: fc.constantFrom(0, 0, Get.PEEK) })
  .map(({ key, mode }) => new Step(`get ${key} ${mode}`, async (model, kit) => {
    const entry = model.find(key, kit.now)
    const told = await kit.get(key, { mode })
    kit.is(told, entry === undefined ? Status.NOT_FOUND : Status.SUCCESS)
    if (entry !== undefined) agree(model, kit, key, told, false)
  }))

const store = fc.record({ key, text, flags, lifetime, guess, mode: kind })
  .map(({ key, text, flags, lifetime, guess, mode }) => new Step(
    `store ${mode} ${key} ${JSON.stringify(text)} flags ${flags} for ${lifetime} s cas ${guess}`,
    async (model, kit) => {
      // To compare and to need absence contradict each other: no server asks for both.
      const cas = mode === ADD ? {} : guessCas(guess, key, model, kit)
      const asked = { mode, flags, expires: timeOf(lifetime, kit), ...cas }
      const told = await kit.put(key, text, asked)
      if (told.status === Status.NOT_SUPPORTED && (mode === APPEND || mode === PREPEND)) return
      const absent = cas.compare === true && model.find(key, kit.now) === undefined
      const expected = model.store(key, text, asked, kit.now)
      if (absent && mode !== SET) assertOneOf(told, [Status.NOT_FOUND, Status.NOT_STORED])
      else kit.is(told, expected)
      if (expected === Status.SUCCESS) adopt(model, kit, key, told, true)
    }))

const touch = fc.record({ key, lifetime })
  .map(({ key, lifetime }) => new Step(`touch ${key} for ${lifetime} s`, async (model, kit) => {
    const entry = model.find(key, kit.now)
    const expires = timeOf(lifetime, kit)
    const told = await kit.touch(key, expires)
    if (told.status === Status.NOT_SUPPORTED) return
    kit.is(told, entry === undefined ? Status.NOT_FOUND : Status.SUCCESS)
    if (entry === undefined) return
    entry.expires = expires
    agree(model, kit, key, told, false)
  }))

const remove = fc.record({ key, guess })
  .map(({ key, guess }) => new Step(`remove ${key} cas ${guess}`, async (model, kit) => {
    const asked = guessCas(guess, key, model, kit)
    kit.is(await kit.remove(key, asked), model.remove(key, asked, kit.now))
  }))

const count = fc.record({ key, delta: number, initial: number, lifetime, mode: countMode })
  .map(({ key, delta, initial, lifetime, mode }) => new Step(
    `count ${mode} ${key} by ${delta}, at first ${initial} for ${lifetime} s`,
    async (model, kit) => {
      const asked = {
        mode, createExpires: timeOf(lifetime, kit), ...halves('initial', initial)
      }
      const expected = model.expectCount(key, asked, kit.now)
      const told = await kit.arithmetic(key, delta, asked)
      if (told.status === Status.NOT_SUPPORTED) return
      assertOneOf(told, expected)
      if (told.status !== Status.SUCCESS) return
      assert.equal(told.result, model.count(key, delta, initial, asked, kit.now))
      const entry = model.entries.get(key)!
      assert.equal(told.text.trimEnd(), entry.text)
      entry.text = told.text
      agree(model, kit, key, told, true)
    }))

const flush = fc.constant(new Step('flush', async (model, kit) => {
  const status = await kit.flush()
  if (status === Status.NOT_SUPPORTED) return
  kit.is(status)
  model.entries.clear()
}))

const travel = fc.constantFrom(1, 4, 30).map(seconds =>
  new Step(`travel ${seconds} s`, (_model, kit) => kit.travel(seconds)))

const commands = fc.commands(
  [get, get, store, store, store, touch, remove, count, travel, flush],
  { maxCommands: COMMANDS, size: 'max' })

export const playing: Check[] = [
  {
    name: 'any sequence of commands comes to what it does to a dictionary',
    async run (kit, { create, runs = RUNS, seed, ...options }) {
      await kit.stop()
      const property = fc.asyncProperty(commands, async sequence => {
        const player = new Kit(create(), options)
        await player.start()
        await player.flush()
        try {
          await fc.asyncModelRun(() => ({ model: new Model(), real: player }), sequence)
        } catch (error) {
          await player.abandon()
          throw error
        }
        await player.stop()
      })
      await fc.assert(property, { numRuns: runs, ...(seed !== undefined && { seed }) })
      await kit.start()
    }
  }
]
