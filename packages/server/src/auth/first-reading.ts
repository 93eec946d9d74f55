import { REQUEST_MAGIC } from '@memplug/protocol'
import type { Core } from '../core.js'
import { Reading } from '../reading.js'

/**
 * What a connection reads whose first byte this is; null if it must not. memcached's
 * auto-negotiation: a binary request starts with its magic, a line never.
 */
export function firstReading ({ auth, settings }: Core, first: number): Reading | null {
  const isBinary = first === REQUEST_MAGIC
  if (settings.protocol === (isBinary ? 'ascii' : 'binary')) return null
  if (auth === null) return isBinary ? Reading.FRAME : Reading.LINE
  if (isBinary !== (auth.kind === 'sasl')) return null
  return isBinary ? Reading.LOGIN_FRAME : Reading.LOGIN_LINE
}
