/** Binary protocol: frames to send, and the reading of replies. */

export const Opcode = {
  Get: 0x00, Set: 0x01, Add: 0x02, Replace: 0x03, Delete: 0x04, Increment: 0x05,
  Decrement: 0x06, Quit: 0x07, Flush: 0x08, GetQ: 0x09, NoOp: 0x0a, Version: 0x0b,
  GetK: 0x0c, GetKQ: 0x0d, Append: 0x0e, Prepend: 0x0f, Stat: 0x10, SetQ: 0x11,
  AddQ: 0x12, ReplaceQ: 0x13, DeleteQ: 0x14, IncrementQ: 0x15, DecrementQ: 0x16,
  QuitQ: 0x17, FlushQ: 0x18, AppendQ: 0x19, PrependQ: 0x1a, Verbosity: 0x1b, Touch: 0x1c,
  Gat: 0x1d, GatQ: 0x1e, SaslList: 0x20, SaslAuth: 0x21, SaslStep: 0x22, GatK: 0x23, GatKQ: 0x24
} as const

export const HEADER = 24
export const NOOP_REPLY_SIZE = HEADER

/** The parts of a request or a reply; lengths follow from the parts unless they are given. */
export interface Frame {
  magic?: number
  opcode: number
  key?: Buffer | string
  extras?: Buffer
  value?: Buffer | string
  /** The status of a reply; requests call it the vbucket. */
  status?: number
  dataType?: number
  opaque?: number
  cas?: bigint
  /** Wrong lengths, to see what becomes of them. */
  keyLength?: number
  extrasLength?: number
  bodyLength?: number
}

export function frame (parts: Frame): Buffer {
  const key = toBuffer(parts.key)
  const extras = parts.extras ?? Buffer.alloc(0)
  const value = toBuffer(parts.value)
  const header = Buffer.alloc(HEADER)
  header[0] = parts.magic ?? 0x80
  header[1] = parts.opcode
  header.writeUInt16BE(parts.keyLength ?? key.length, 2)
  header[4] = parts.extrasLength ?? extras.length
  header[5] = parts.dataType ?? 0
  header.writeUInt16BE(parts.status ?? 0, 6)
  header.writeUInt32BE(parts.bodyLength ?? extras.length + key.length + value.length, 8)
  header.writeUInt32BE(parts.opaque ?? 0, 12)
  header.writeBigUInt64BE(parts.cas ?? 0n, 16)
  return Buffer.concat([header, extras, key, value])
}

function toBuffer (bytes: Buffer | string = ''): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
}

export function uint32s (...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length)
  numbers.forEach((number, i) => bytes.writeUInt32BE(number >>> 0, 4 * i))
  return bytes
}

export function uint64 (number: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(number)
  return bytes
}

/** Delta, initial value and expiry of increment and decrement. */
export function counterExtras (delta: bigint, initial = 0n, expires = 0): Buffer {
  return Buffer.concat([uint64(delta), uint64(initial), uint32s(expires)])
}

export function noop (opaque: number): Buffer {
  return frame({ opcode: Opcode.NoOp, opaque })
}

/** Whether the bytes end in the reply to such a no-op. */
export function isNoopReply (bytes: Buffer, opaque: number): boolean {
  const start = bytes.length - HEADER
  return start >= 0 && bytes[start] === 0x81 && bytes[start + 1] === Opcode.NoOp &&
    bytes.readUInt32BE(start + 8) === 0 && bytes.readUInt32BE(start + 12) === opaque
}

export interface Reply {
  opcode: number
  status: number
  opaque: number
  cas: bigint
  dataType: number
  extras: Buffer
  key: Buffer
  value: Buffer
}

/** Cuts bytes into replies; throws if they are not whole frames. */
export function readReplies (bytes: Buffer): Reply[] {
  const replies: Reply[] = []
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < HEADER) throw new Error('a header is cut short')
    if (bytes[at] !== 0x81) throw new Error(`magic ${bytes[at]} at byte ${at}`)
    const extrasStart = at + HEADER
    const keyStart = extrasStart + bytes[at + 4]
    const valueStart = keyStart + bytes.readUInt16BE(at + 2)
    const end = extrasStart + bytes.readUInt32BE(at + 8)
    if (end > bytes.length || valueStart > end) throw new Error('a body is cut short')
    replies.push({
      opcode: bytes[at + 1],
      dataType: bytes[at + 5],
      status: bytes.readUInt16BE(at + 6),
      opaque: bytes.readUInt32BE(at + 12),
      cas: bytes.readBigUInt64BE(at + 16),
      extras: bytes.subarray(extrasStart, keyStart),
      key: bytes.subarray(keyStart, valueStart),
      value: bytes.subarray(valueStart, end)
    })
    at = end
  }
  return replies
}

/** One reply as a line, its cas told only as being there or not. */
export function describe (reply: Reply): string {
  const parts = [`opcode ${reply.opcode.toString(16)}`, `status ${reply.status.toString(16)}`]
  if (reply.dataType !== 0) parts.push(`datatype ${reply.dataType}`)
  parts.push(`opaque ${reply.opaque.toString(16)}`, reply.cas === 0n ? 'cas none' : 'cas some')
  if (reply.extras.length > 0) parts.push(`extras ${reply.extras.toString('hex')}`)
  if (reply.key.length > 0) parts.push(`key ${JSON.stringify(reply.key.toString('latin1'))}`)
  if (reply.value.length > 0) parts.push(`value ${JSON.stringify(reply.value.toString('latin1'))}`)
  return parts.join(', ')
}
