import { u64 } from '@memplug/engine'
import { expiryOf } from '../exptime.js'
import type { Line } from '../text/line.js'
import { parseSigned, parseUnsigned } from '../text/numbers.js'
import { decodeBase64 } from './base64.js'
import { metaWords } from './words.js'

const letter = (text: string): number => text.charCodeAt(0)

/** The flags of the meta commands. Those in capitals have a token behind the letter. */
export const Flag = {
  /** The key is base64. */
  BASE64: letter('b'),
  CAS: letter('c'),
  CLIENT_FLAGS: letter('f'),
  /** Whether it was got before. */
  HIT: letter('h'),
  KEY: letter('k'),
  /** Seconds since it was last used. */
  LAST_USED: letter('l'),
  QUIET: letter('q'),
  SIZE: letter('s'),
  TTL: letter('t'),
  /** Leave no trace of this get. */
  PEEK: letter('u'),
  VALUE: letter('v'),
  EMPTY: letter('x'),
  COMPARE: letter('C'),
  DELTA: letter('D'),
  NEW_CAS: letter('E'),
  SET_CLIENT_FLAGS: letter('F'),
  INVALIDATE: letter('I'),
  INITIAL: letter('J'),
  /** Accepted and passed over, for proxies. */
  LABEL: letter('L'),
  MODE: letter('M'),
  CREATE: letter('N'),
  OPAQUE: letter('O'),
  PATH: letter('P'),
  RECACHE: letter('R'),
  EXPIRES: letter('T')
} as const

const KEY = 1
/** protocol.txt: "the length limit of a key is set at 250 characters", of base64 too. */
const LONGEST_KEY = 250
/** memcached takes no more on a line, the command and the key among them. */
const MOST_TOKENS = 20
/** With its letter. */
const LONGEST_OPAQUE = 32
const FIRST_CAPITAL = letter('A')
const FIRST_SMALL = letter('a')
const LAST_SMALL = letter('z')
const ZERO = letter('0')
const NINE = letter('9')
const LETTERS = 26

/** The flags of one meta command: read once, and looked at when it is answered. Pooled. */
export class MetaFlags {
  /** Of each flag the letter, in the order given. */
  readonly letters = new Uint8Array(MOST_TOKENS)
  count = 0
  /** Those there are, a bit each. */
  #small = 0
  #capital = 0
  /** T and N: absolute, on the clock that was given. */
  expires = 0
  createExpires = 0
  /** R; 0 without it. */
  recache = 0
  clientFlags = 0
  /** The first byte behind M, 0 without one. */
  mode = 0
  compareLow = 0
  compareHigh = 0
  newCasLow = 0
  newCasHigh = 0
  deltaLow = 0
  deltaHigh = 0
  initialLow = 0
  initialHigh = 0
  /** The token of O, letter and all. */
  readonly opaque = Buffer.alloc(LONGEST_OPAQUE)
  opaqueLength = 0
  /** With b: the key, decoded. */
  readonly key = Buffer.alloc(LONGEST_KEY)
  keyLength = 0

  has (flag: number): boolean {
    return flag >= FIRST_SMALL
      ? (this.#small >>> (flag - FIRST_SMALL) & 1) !== 0
      : (this.#capital >>> (flag - FIRST_CAPITAL) & 1) !== 0
  }

  /** Both are there, in this order. */
  isBefore (first: number, second: number): boolean {
    if (!this.has(first) || !this.has(second)) return false
    for (let i = 0; i < this.count; i++) {
      if (this.letters[i] === first) return true
      if (this.letters[i] === second) return false
    }
    return false
  }

  get isOpaqueTooLong (): boolean { return this.opaqueLength > LONGEST_OPAQUE }

  /**
   * Reads the tokens of a line from number `first` on, behind a key; times as they are at `now`
   * on a clock whose 0 is at Unix time `epoch`. Answers what is wrong with them, or null.
   */
  read (
    line: Line, bytes: Buffer, first: number, now: number, epoch: number
  ): Buffer | null {
    this.#clear()
    const { starts, ends } = line
    if (ends[KEY] - starts[KEY] > LONGEST_KEY) return metaWords.BAD_FORMAT
    if (line.count > MOST_TOKENS) return metaWords.TOO_MANY_FLAGS
    let fault: Buffer | null = null
    for (let i = first; i < line.count; i++) {
      const flag = bytes[starts[i]]
      if (!isLetter(flag)) return metaWords.BAD_FLAG
      if (this.has(flag)) return metaWords.DUPLICATE_FLAG
      const wrong = this.#take(flag, line, i, bytes, now, epoch)
      if (wrong === metaWords.BAD_FLAG) return wrong
      this.#add(flag)
      // The last fault is told; that of F has no words of its own.
      if (wrong !== null && (fault === null || wrong !== metaWords.BAD_FORMAT)) fault = wrong
    }
    return fault
  }

  #clear (): void {
    this.count = this.#small = this.#capital = 0
    this.expires = this.createExpires = this.recache = this.clientFlags = this.mode = 0
    this.initialLow = this.initialHigh = this.deltaHigh = 0
    this.deltaLow = 1
    this.opaqueLength = 0
  }

  #add (flag: number): void {
    this.letters[this.count++] = flag
    if (flag >= FIRST_SMALL) this.#small |= 1 << (flag - FIRST_SMALL)
    else this.#capital |= 1 << (flag - FIRST_CAPITAL)
  }

  /** Takes what is behind the letter of token `index`. */
  #take (
    flag: number, line: Line, index: number, bytes: Buffer, now: number, epoch: number
  ): Buffer | null {
    const start = line.starts[index] + 1
    const end = line.ends[index]
    switch (flag) {
      case Flag.BASE64:
        this.keyLength = decodeBase64(bytes, line.starts[KEY], line.ends[KEY], this.key)
        return this.keyLength > 0 ? null : metaWords.BAD_BASE64
      case Flag.EXPIRES:
        if (!parseSigned(bytes, start, end)) return metaWords.BAD_TOKEN
        this.expires = expiryOf(u64.low, now, epoch)
        return null
      case Flag.CREATE:
        if (!parseSigned(bytes, start, end)) return metaWords.BAD_TOKEN
        this.createExpires = expiryOf(u64.low, now, epoch)
        return null
      case Flag.RECACHE:
        if (!parseSigned(bytes, start, end)) return metaWords.BAD_TOKEN
        this.recache = expiryOf(u64.low, now, epoch)
        return null
      case Flag.OPAQUE:
        this.#takeOpaque(bytes, start - 1, end)
        return null
      case Flag.MODE:
        this.mode = start < end ? bytes[start] : flag
        return null
      default:
        return isPlain(flag) ? null : this.#takeUnsigned(flag, bytes, start, end)
    }
  }

  #takeUnsigned (flag: number, bytes: Buffer, start: number, end: number): Buffer | null {
    const isNumber = parseUnsigned(bytes, start, end)
    switch (flag) {
      case Flag.SET_CLIENT_FLAGS:
        this.clientFlags = u64.low
        return isNumber ? null : metaWords.BAD_FORMAT
      case Flag.COMPARE:
        this.compareLow = u64.low
        this.compareHigh = u64.high
        return isNumber ? null : metaWords.BAD_TOKEN
      case Flag.NEW_CAS:
        this.newCasLow = u64.low
        this.newCasHigh = u64.high
        return isNumber ? null : metaWords.BAD_TOKEN
      case Flag.DELTA:
        this.deltaLow = u64.low
        this.deltaHigh = u64.high
        return isNumber ? null : metaWords.BAD_DELTA
      case Flag.INITIAL:
        this.initialLow = u64.low
        this.initialHigh = u64.high
        return isNumber ? null : metaWords.BAD_INITIAL
      default: return metaWords.BAD_FLAG
    }
  }

  #takeOpaque (bytes: Buffer, start: number, end: number): void {
    this.opaqueLength = end - start
    if (this.isOpaqueTooLong) return
    for (let at = start; at < end; at++) this.opaque[at - start] = bytes[at]
  }
}

/** Whether each flag begins with what a flag may begin with; memcached splits no other line. */
export function isMetaLine (line: Line, bytes: Buffer, first: number): boolean {
  const count = Math.min(line.count, line.starts.length)
  for (let i = first; i < count; i++) {
    const byte = bytes[line.starts[i]]
    if ((byte < FIRST_CAPITAL || byte > LAST_SMALL) && (byte < ZERO || byte > NINE)) return false
  }
  return true
}

function isLetter (byte: number): boolean {
  return (byte >= FIRST_SMALL && byte <= LAST_SMALL) ||
    (byte >= FIRST_CAPITAL && byte < FIRST_CAPITAL + LETTERS)
}

/** The flags whose token, if there is one, says nothing. */
const plain = new Uint8Array(128)
for (const flag of [
  Flag.CAS, Flag.CLIENT_FLAGS, Flag.HIT, Flag.KEY, Flag.LAST_USED, Flag.QUIET,
  Flag.SIZE, Flag.TTL, Flag.PEEK, Flag.VALUE, Flag.EMPTY, Flag.INVALIDATE, Flag.LABEL, Flag.PATH
]) plain[flag] = 1

function isPlain (flag: number): boolean { return plain[flag] === 1 }
