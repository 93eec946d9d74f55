import type { Status } from '@memplug/engine'
import type { Core } from '../core.js'
import { walkItems } from '../walk.js'

/** Bytes of a reply, as in memcached. */
const MOST_BYTES = 2 * 1024 * 1024
const END = 6
/** A key that would end its line, or pass for two words. */
const UNPRINTABLE = /[\0- \x7f]/

/** memcached has no more classes. */
export const CLASSES = 64

/**
 * `stats cachedump`: tells the items of a class, at most `limit` if that is not 0, and no more
 * than fit in two mebibytes. An engine without classes has all its items in class 1.
 */
export function dumpClass (
  core: Core, wanted: number, limit: number, tell: (line: string) => void
): Promise<Status> {
  const { clock } = core
  let bytes = 0
  let shown = 0
  return walkItems(core, op => {
    if ((op.itemClass || 1) !== wanted) return true
    const key = op.key.toString('latin1', op.keyStart, op.keyEnd)
    if (UNPRINTABLE.test(key)) return true
    const expires = op.itemExpires === 0 ? 0 : clock.epoch + op.itemExpires
    const line = `ITEM ${key} [${op.valueEnd - op.valueStart} b; ${expires} s]\r\n`
    bytes += line.length
    if (bytes + END > MOST_BYTES) return false
    tell(line)
    return ++shown !== limit
  })
}
