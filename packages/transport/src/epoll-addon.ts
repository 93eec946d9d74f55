import process from 'node:process'
import { openAddon } from './addon-file.js'

/** The addon native/epoll.c and the tables it shares with JavaScript. */

/** Both sides check that they speak of the same tables. */
const REVISION = 2

/** Rows of four numbers: slot, generation, and one of What or Answer with its value. */
export const ROW = 4

/** What an event row tells, unless it is where in the input `value` bytes start. */
export const What = {
  ACCEPTED: -1,
  /** The slot is a descriptor that was accepted to be handed out. */
  TAKEN: -2,
  ENDED: -3,
  /** The value is where in the input there is room for what comes after the filled range. */
  FILL: -4,
  /** The value is how many held parts have gone. */
  SENT: -5,
  DRAINED: -6,
  /** The value is the errno, or 0. */
  CLOSED: -7,
  /** Accepting has stopped for a while: the value is the errno. */
  PAUSED: -8
} as const

/** What an answer row asks for, unless it is where in the output bytes start that end at value. */
export const Answer = {
  /** The value is hold()'s answer. */
  SEND_HELD: -1,
  END: -2
} as const

/** Words of a slot. */
export const SLOT_WORDS = 4
export const Word = { FLAGS: 0, UNSENT: 1, GENERATION: 2 } as const

/** Bits of Word.FLAGS: nothing is received; epoll was told so; fill() named where to read to. */
export const Flag = { PAUSED: 1, DISARMED: 2, FILLING: 4 } as const

/** Least sizes, as in epoll.c: bytes of input; rows of events. */
export const INPUT_SIZE = (1 << 17) + (1 << 14)
export const EVENT_ROWS = 256 + 64

/** The sockets of one transport. Failures are answered as -errno. */
export interface Sockets {
  /** A port of -1 makes it a unix socket, a mode of -1 leaves its permissions alone. */
  listen (target: string, port: number, mode: number, backlog: number, raw: number): number
  listenerName (listener: number): string
  adopt (descriptor: number): number
  name (slot: number, generation: number, remote: number): string
  hold (bytes: Buffer, start: number, end: number): number
  /** Answers 1 if there is news. */
  send (rows: number): number
  /** Makes event rows of what has happened besides input; answers how many. */
  news (): number
  /** Fills start to end of `bytes`, then the input from `at`; answers 0 at the end of input. */
  read (
    slot: number, generation: number, bytes: Buffer, start: number, end: number, at: number
  ): number
  arm (slot: number, generation: number): void
  free (slot: number, generation: number): void
  close (): void
}

/** There are event rows, and, if hasNews is 1, news to ask for. */
export type Turn = (rows: number, hasNews: number) => void

export interface Addon {
  readonly revision: number
  open (
    turn: Turn, input: Buffer, output: Buffer, events: Int32Array,
    answers: Int32Array, slots: Int32Array
  ): Sockets
}

/** Loads the addon. Throws an Error that says why there is none. */
export function loadAddon (): Addon {
  if (process.platform !== 'linux') throw new Error(`${process.platform} has no epoll`)
  return openAddon<Addon>('epoll', REVISION)
}
