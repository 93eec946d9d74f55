import type { Sink } from '../sink.js'

/**
 * The frame of the binary protocol, 24 bytes in network order: magic, opcode, key length (2),
 * extras length, data type, vbucket or status (2), body length (4), opaque (4), cas (8).
 */
export const FRAME = 24
export const REQUEST_MAGIC = 0x80
export const REPLY_MAGIC = 0x81

export function read16 (bytes: Buffer, at: number): number {
  return bytes[at] << 8 | bytes[at + 1]
}

/** An int32: the caller makes it unsigned where that matters. */
export function read32 (bytes: Buffer, at: number): number {
  return bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3]
}

export function write32 (bytes: Buffer, at: number, number: number): void {
  bytes[at] = number >>> 24
  bytes[at + 1] = number >>> 16
  bytes[at + 2] = number >>> 8
  bytes[at + 3] = number
}

/** Appends the frame of a reply. `opaque` is echoed as it was read. */
export function putFrame (
  sink: Sink, opcode: number, status: number, extras: number, key: number, body: number,
  opaque: number, casLow: number, casHigh: number
): void {
  const { bytes, end } = sink
  bytes[end] = REPLY_MAGIC
  bytes[end + 1] = opcode
  bytes[end + 2] = key >>> 8
  bytes[end + 3] = key
  bytes[end + 4] = extras
  bytes[end + 5] = 0
  bytes[end + 6] = status >>> 8
  bytes[end + 7] = status
  write32(bytes, end + 8, body)
  write32(bytes, end + 12, opaque)
  write32(bytes, end + 16, casHigh)
  write32(bytes, end + 20, casLow)
  sink.end = end + FRAME
}

export function put32 (sink: Sink, number: number): void {
  write32(sink.bytes, sink.end, number)
  sink.end += 4
}
