import type { Exchange } from './transcript.js'

const FRAME = 24
const OPAQUE = 0xdeadbeef

export interface Frame {
  opcode: number
  /** Of a reply. */
  status: number
  key: string
  extras: string
  value: string
  cas: number | bigint
  opaque: number
}

const latin1 = (text: string) => Buffer.from(text, 'latin1')

function frame (magic: number, opcode: number, fields: Partial<Frame>): Buffer {
  const { key = '', extras = '', value = '', cas = 0, opaque = OPAQUE, status = 0 } = fields
  const header = Buffer.alloc(FRAME)
  header[0] = magic
  header[1] = opcode
  header.writeUInt16BE(key.length, 2)
  header[4] = extras.length
  header.writeUInt16BE(status, 6)
  header.writeUInt32BE(extras.length + key.length + value.length, 8)
  header.writeUInt32BE(opaque, 12)
  header.writeBigUInt64BE(BigInt(cas), 16)
  return Buffer.concat([header, latin1(extras), latin1(key), latin1(value)])
}

/** A request; its parts are strings of bytes. */
export const request = (opcode: number, fields: Partial<Frame> = {}) => frame(0x80, opcode, fields)

export const reply = (opcode: number, fields: Partial<Frame> = {}) => frame(0x81, opcode, fields)

/** A request whose header says other lengths than it has. */
export function malformed (
  opcode: number, lengths: { key?: number, extras?: number, body?: number }, body = ''
): Buffer {
  const bytes = frame(0x80, opcode, { value: body })
  if (lengths.key !== undefined) bytes.writeUInt16BE(lengths.key, 2)
  if (lengths.extras !== undefined) bytes[4] = lengths.extras
  if (lengths.body !== undefined) bytes.writeUInt32BE(lengths.body, 8)
  return bytes
}

/** What a sequence of replies says, for people. */
export function parseReplies (bytes: Buffer): Frame[] {
  const frames: Frame[] = []
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] !== 0x81) throw new Error(`no reply starts at byte ${at}`)
    const extras = at + FRAME
    const key = extras + bytes[at + 4]
    const value = key + bytes.readUInt16BE(at + 2)
    const end = extras + bytes.readUInt32BE(at + 8)
    if (end > bytes.length) throw new Error(`the reply at byte ${at} is cut short`)
    const text = (from: number, to: number) => bytes.toString('latin1', from, to)
    frames.push({
      opcode: bytes[at + 1],
      status: bytes.readUInt16BE(at + 6),
      extras: text(extras, key),
      key: text(key, value),
      value: text(value, end),
      cas: Number(bytes.readBigUInt64BE(at + 16)),
      opaque: bytes.readUInt32BE(at + 12)
    })
    at = end
  }
  return frames
}

/** 4 or 8 bytes in network order, as strings of bytes. */
export function u32 (...numbers: number[]): string {
  return Buffer.concat(numbers.map(number => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(number)
    return bytes
  })).toString('latin1')
}

export function u64 (number: number | bigint): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(number))
  return bytes.toString('latin1')
}

/** A request and what is replied to it, frame by frame. */
export const exchange = (request: Buffer, ...replies: Buffer[]): Exchange => (
  { request, reply: Buffer.concat(replies) })
