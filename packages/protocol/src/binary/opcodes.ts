/** The opcodes of the binary protocol that are served. */
export const Opcode = {
  GET: 0x00,
  SET: 0x01,
  ADD: 0x02,
  REPLACE: 0x03,
  DELETE: 0x04,
  INCREMENT: 0x05,
  DECREMENT: 0x06,
  QUIT: 0x07,
  FLUSH: 0x08,
  GETQ: 0x09,
  NOOP: 0x0a,
  VERSION: 0x0b,
  GETK: 0x0c,
  GETKQ: 0x0d,
  APPEND: 0x0e,
  PREPEND: 0x0f,
  STAT: 0x10,
  SETQ: 0x11,
  ADDQ: 0x12,
  REPLACEQ: 0x13,
  DELETEQ: 0x14,
  INCREMENTQ: 0x15,
  DECREMENTQ: 0x16,
  QUITQ: 0x17,
  FLUSHQ: 0x18,
  APPENDQ: 0x19,
  PREPENDQ: 0x1a,
  TOUCH: 0x1c,
  GAT: 0x1d,
  GATQ: 0x1e,
  SASL_LIST: 0x20,
  SASL_AUTH: 0x21,
  SASL_STEP: 0x22,
  GATK: 0x23,
  GATKQ: 0x24
} as const

/** What a command of the binary protocol does: the opcode without its variants. */
export const Kind = {
  UNKNOWN: 0,
  GET: 1,
  STORE: 2,
  JOIN: 3,
  DELETE: 4,
  ARITHMETIC: 5,
  QUIT: 6,
  FLUSH: 7,
  NOOP: 8,
  VERSION: 9,
  STAT: 10,
  TOUCH: 11,
  SASL_LIST: 12,
  SASL_AUTH: 13
} as const
export type Kind = (typeof Kind)[keyof typeof Kind]

const FORBIDDEN = 0
const REQUIRED = 1
const ALLOWED = 2

/** How a request of an opcode is made up: checked before anything is done with it. */
interface Shape {
  readonly kind: Kind
  /** Suppresses success, and the miss of a get. */
  readonly quiet: boolean
  /** Replies to hits and misses carry the key. */
  readonly withKey: boolean
  readonly extras: number
  readonly otherExtras: number
  readonly key: number
  readonly value: number
}

const shapes = new Array<Shape | undefined>(256).fill(undefined)

function shape (
  kind: Kind, extras: number, key: number, value: number,
  opcodes: { loud: number[], quiet?: number[], withKey?: number[] }, otherExtras = extras
): void {
  const { loud, quiet = [], withKey = [] } = opcodes
  for (const opcode of [...loud, ...quiet]) {
    shapes[opcode] = {
      kind, extras, otherExtras, key, value,
      quiet: quiet.includes(opcode), withKey: withKey.includes(opcode)
    }
  }
}

const O = Opcode
shape(Kind.GET, 0, REQUIRED, FORBIDDEN,
  { loud: [O.GET, O.GETK], quiet: [O.GETQ, O.GETKQ], withKey: [O.GETK, O.GETKQ] })
shape(Kind.TOUCH, 4, REQUIRED, FORBIDDEN,
  { loud: [O.TOUCH, O.GAT, O.GATK], quiet: [O.GATQ, O.GATKQ], withKey: [O.GATK, O.GATKQ] })
shape(Kind.STORE, 8, REQUIRED, ALLOWED,
  { loud: [O.SET, O.ADD, O.REPLACE], quiet: [O.SETQ, O.ADDQ, O.REPLACEQ] })
shape(Kind.JOIN, 0, REQUIRED, ALLOWED,
  { loud: [O.APPEND, O.PREPEND], quiet: [O.APPENDQ, O.PREPENDQ] })
shape(Kind.DELETE, 0, REQUIRED, FORBIDDEN, { loud: [O.DELETE], quiet: [O.DELETEQ] })
shape(Kind.ARITHMETIC, 20, REQUIRED, FORBIDDEN,
  { loud: [O.INCREMENT, O.DECREMENT], quiet: [O.INCREMENTQ, O.DECREMENTQ] })
shape(Kind.QUIT, 0, FORBIDDEN, FORBIDDEN, { loud: [O.QUIT], quiet: [O.QUITQ] })
shape(Kind.FLUSH, 0, FORBIDDEN, FORBIDDEN, { loud: [O.FLUSH], quiet: [O.FLUSHQ] }, 4)
shape(Kind.NOOP, 0, FORBIDDEN, FORBIDDEN, { loud: [O.NOOP] })
shape(Kind.VERSION, 0, FORBIDDEN, FORBIDDEN, { loud: [O.VERSION] })
shape(Kind.STAT, 0, ALLOWED, FORBIDDEN, { loud: [O.STAT] })
shape(Kind.SASL_LIST, 0, ALLOWED, ALLOWED, { loud: [O.SASL_LIST] })
shape(Kind.SASL_AUTH, 0, ALLOWED, ALLOWED, { loud: [O.SASL_AUTH, O.SASL_STEP] })

export const kinds = Uint8Array.from(shapes, shape => shape?.kind ?? Kind.UNKNOWN)
export const isQuiet = Uint8Array.from(shapes, shape => Number(shape?.quiet ?? false))
export const isWithKey = Uint8Array.from(shapes, shape => Number(shape?.withKey ?? false))

/** Whether a served opcode's request may have such extras, key and value, in bytes. */
export function fits (opcode: number, extras: number, key: number, value: number): boolean {
  const shape = shapes[opcode]!
  return (extras === shape.extras || extras === shape.otherExtras) &&
    (key > 0 ? shape.key !== FORBIDDEN : shape.key !== REQUIRED) &&
    (value === 0 || shape.value === ALLOWED)
}
