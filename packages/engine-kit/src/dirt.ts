import { Arithmetic, Get, Op, Remove, Store } from '@memplug/engine'

/** The functions that take an Op. */
export type Call = 'allocate' | 'store' | 'get' | 'touch' | 'remove' | 'arithmetic'

/** What a server asks with: the first half of an Op, but for the key. */
export type Asked = Partial<Pick<Op, keyof typeof DIRTY_ASKED>>

/** Values that show in the result of an engine that reads them. */
const DIRTY_ASKED = {
  mode: 0x7f,
  size: -1,
  flags: 0x0bad,
  expires: 1,
  createExpires: 1,
  recache: 0x7fffffff,
  compare: true,
  casLow: 0x0bad,
  casHigh: 0x0bad,
  setCas: true,
  newCasLow: 0x0bad,
  newCasHigh: 0x0bad,
  deltaLow: 0x0bad,
  deltaHigh: 0x0bad,
  initialLow: 0x0bad,
  initialHigh: 0x0bad
}

const DIRTY_TOLD = {
  itemFlags: 0x0bad,
  itemExpires: 0x0bad,
  itemUsed: 0x0bad,
  itemState: 0x7f,
  itemCasLow: 0x0bad,
  itemCasHigh: 0x0bad,
  resultLow: 0x0bad,
  resultHigh: 0x0bad
}

type Field = keyof typeof DIRTY_ASKED

/** What an engine may read, whatever the mode. The key it always may. */
const READABLE: Record<Call, readonly Field[]> = {
  allocate: ['size', 'flags', 'expires'],
  store: ['mode', 'flags', 'expires', 'compare'],
  get: ['mode'],
  touch: ['expires'],
  remove: ['mode', 'compare'],
  arithmetic: ['mode', 'compare', 'deltaLow', 'deltaHigh']
}

/** What the bits of a mode add to that. */
const READABLE_BY_BIT: Record<Call, ReadonlyArray<[bit: number, ...fields: Field[]]>> = {
  allocate: [],
  store: [[Store.CREATE, 'createExpires']],
  get: [[Get.TOUCH, 'expires'], [Get.VIVIFY, 'createExpires'], [Get.RECACHE, 'recache']],
  touch: [],
  remove: [[Remove.TOUCH, 'expires']],
  arithmetic: [
    [Arithmetic.CREATE, 'createExpires', 'initialLow', 'initialHigh'], [Arithmetic.TOUCH, 'expires']
  ]
}

/**
 * Fills the asked half of an Op, but for the key, with rubbish, and then with what is asked, as
 * far as an engine may read it: a field that is not asked for is then 0.
 */
export function ask (op: Op, call: Call, asked: Asked, meta: boolean): void {
  Object.assign(op, DIRTY_ASKED)
  const fields = new Set(READABLE[call])
  const mode = asked.mode ?? 0
  for (const [bit, ...more] of READABLE_BY_BIT[call]) {
    if ((mode & bit) !== 0) more.forEach(field => fields.add(field))
  }
  if (asked.compare && fields.has('compare')) fields.add('casLow').add('casHigh')
  if (meta) fields.add('setCas')
  if (meta && asked.setCas) fields.add('newCasLow').add('newCasHigh')
  for (const field of fields) {
    const none = typeof DIRTY_ASKED[field] === 'boolean' ? false : 0
    Object.assign(op, { [field]: asked[field] ?? none })
  }
}

/** Fills what is told beside the item and its value with rubbish. */
export function soilTold (op: Op): void {
  Object.assign(op, DIRTY_TOLD)
}

/** Fills the item and its value with rubbish. */
export function soilItem (op: Op): void {
  op.item = { dirty: true }
  op.value = Buffer.from('rubbish')
  op.valueStart = 2
  op.valueEnd = 5
}

/** All but op.item, which is all that release() may read. */
export function soilForRelease (op: Op): void {
  const { item } = op
  op.key = Buffer.from('released')
  op.keyStart = 1
  op.keyEnd = 2
  Object.assign(op, DIRTY_ASKED, DIRTY_TOLD)
  soilItem(op)
  op.item = item
}
