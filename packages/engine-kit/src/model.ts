import { Arithmetic, Status, Store } from '@memplug/engine'
import type { Asked } from './dirt.js'
import type { Cas } from './kit.js'

/** An item as a dictionary would keep it. */
export interface Entry {
  text: string
  flags: number
  expires: number
  cas: Cas
}

/** What a call must come to: any of these, and nothing else. */
export type Expected = readonly Status[]

const MAX = 2n ** 64n - 1n
/** What every engine counts on, and what some do, as memcached does. */
const NUMBER = /^(\d+) *$/
const NEARLY_NUMBER = /^[ \t-\r]*\+?(\d+)(?:[ \t-\r]|$)/

/**
 * A dictionary that answers as an engine must. What only the engine can know, the cas of an item
 * and the spaces behind a number, the model takes over from it after each change.
 */
export class Model {
  readonly entries = new Map<string, Entry>()
  /** A cas that each key had before its last change. */
  readonly formerCas = new Map<string, Cas>()

  find (key: string, now: number): Entry | undefined {
    const entry = this.entries.get(key)
    if (entry === undefined || entry.expires === 0 || entry.expires > now) return entry
    this.entries.delete(key)
    return undefined
  }

  /** What store must answer; makes the change if that is SUCCESS. */
  store (key: string, text: string, asked: Asked, now: number): Status {
    const { mode = Store.SET, flags = 0, expires = 0 } = asked
    const old = this.find(key, now)
    const refusal = compare(old, asked)
    if (refusal !== undefined) return refusal
    if (old === undefined ? mode >= Store.REPLACE : mode === Store.ADD) return Status.NOT_STORED
    const entry = { text, flags, expires, cas: none }
    if (old !== undefined && mode >= Store.APPEND) {
      entry.text = mode === Store.APPEND ? old.text + text : text + old.text
      entry.flags = old.flags
      entry.expires = old.expires
    }
    this.change(key, entry)
    return Status.SUCCESS
  }

  remove (key: string, asked: Asked, now: number): Status {
    const old = this.find(key, now)
    if (old === undefined) return Status.NOT_FOUND
    const refusal = compare(old, asked)
    if (refusal !== undefined) return refusal
    this.formerCas.set(key, old.cas)
    this.entries.delete(key)
    return Status.SUCCESS
  }

  /** What arithmetic may answer: to what is only nearly a number, either. */
  expectCount (key: string, asked: Asked, now: number): Expected {
    const old = this.find(key, now)
    if (old === undefined) {
      return [(asked.mode! & Arithmetic.CREATE) !== 0 ? Status.SUCCESS : Status.NOT_FOUND]
    }
    const number = numberIn(old.text)
    if (number === undefined || number > MAX) return [Status.NOT_NUMERIC]
    const isPlain = NUMBER.test(old.text) && old.text.length <= 20
    return isPlain ? [Status.SUCCESS] : [Status.SUCCESS, Status.NOT_NUMERIC]
  }

  /** The number that a count of SUCCESS comes to. */
  count (key: string, delta: bigint, initial: bigint, asked: Asked, now: number): bigint {
    const old = this.find(key, now)
    const number = old === undefined ? initial : counted(numberIn(old.text)!, delta, asked)
    const { flags, expires } = old ?? { flags: 0, expires: asked.createExpires! }
    this.change(key, { text: String(number), flags, expires, cas: none })
    return number
  }

  /** Puts an entry in the old one's place. */
  change (key: string, entry: Entry): void {
    const old = this.entries.get(key)
    if (old !== undefined) this.formerCas.set(key, old.cas)
    this.entries.set(key, entry)
  }
}

const none: Cas = { casLow: 0, casHigh: 0 }

function numberIn (text: string): bigint | undefined {
  const digits = NEARLY_NUMBER.exec(text)?.[1]
  return digits === undefined ? undefined : BigInt(digits)
}

function compare (old: Entry | undefined, asked: Asked): Status | undefined {
  if (!asked.compare) return undefined
  if (old === undefined) return Status.NOT_FOUND
  const { casLow, casHigh } = old.cas
  return casLow === asked.casLow && casHigh === asked.casHigh ? undefined : Status.EXISTS
}

function counted (number: bigint, delta: bigint, { mode = 0 }: Asked): bigint {
  if ((mode & Arithmetic.DECREMENT) === 0) return BigInt.asUintN(64, number + delta)
  return number > delta ? number - delta : 0n
}
