import { Get, Status, Store } from '@memplug/engine'
import type { Op } from '@memplug/engine'

type Asked = Pick<Op, 'mode' | 'compare'>

/** Beside SUCCESS. NOT_FOUND of store and EXISTS follow from op.compare, see mayAnswer(). */
const MAY_ANSWER = {
  initialize: [Status.NO_MEMORY, Status.TEMPORARY_FAILURE],
  destroy: [Status.TEMPORARY_FAILURE],
  getStats: [Status.NOT_FOUND],
  testCapacity: [Status.TOO_LARGE],
  allocate: [Status.TOO_LARGE, Status.NO_MEMORY],
  store: [Status.TOO_LARGE, Status.NO_MEMORY, Status.TEMPORARY_FAILURE],
  get: [Status.NOT_FOUND, Status.TEMPORARY_FAILURE],
  touch: [Status.NOT_FOUND, Status.NOT_SUPPORTED, Status.TEMPORARY_FAILURE],
  remove: [Status.NOT_FOUND, Status.TEMPORARY_FAILURE],
  arithmetic: [Status.NOT_FOUND, Status.NOT_NUMERIC, Status.NO_MEMORY, Status.NOT_SUPPORTED,
    Status.TEMPORARY_FAILURE],
  flush: [Status.NOT_SUPPORTED, Status.TEMPORARY_FAILURE],
  administer: [Status.NOT_FOUND, Status.TEMPORARY_FAILURE]
} as const satisfies Record<string, readonly Status[]>

export type Answering = keyof typeof MAY_ANSWER

/** Whether the engine API lets this function answer so, to what it was asked. */
export function mayAnswer (call: Answering, status: Status, asked: Asked): boolean {
  if (status === Status.SUCCESS) return true
  if ((MAY_ANSWER[call] as readonly Status[]).includes(status)) return true
  if (call === 'get') return status === Status.NO_MEMORY && (asked.mode & Get.VIVIFY) !== 0
  const compares = asked.compare && (call === 'store' || call === 'remove' || call === 'arithmetic')
  if (compares && status === Status.EXISTS) return true
  return call === 'store' && mayStoreAnswer(status, asked)
}

function mayStoreAnswer (status: Status, asked: Asked): boolean {
  const kind = asked.mode & Store.KIND
  if (status === Status.NOT_FOUND) return asked.compare
  if (status === Status.NOT_STORED) return kind !== Store.SET
  return status === Status.NOT_SUPPORTED && (kind === Store.APPEND || kind === Store.PREPEND)
}

/** 'NOT_FOUND' for 1; whatever else it is, as text. */
export function statusName (status: unknown): string {
  const found = Object.entries(Status).find(([, value]) => value === status)
  return found === undefined ? String(status) : found[0]
}
