import type { Sink } from '../sink.js'
import { LastView } from '../view.js'

/**
 * The frame of the binary protocol, 24 bytes in network order: magic, opcode, key length (2),
 * extras length, data type, vbucket or status (2), body length (4), opaque (4), cas (8).
 */
export const FRAME = 24
export const REQUEST_MAGIC = 0x80
export const REPLY_MAGIC = 0x81

const input = new LastView()
const output = new LastView()

export function read16 (bytes: Buffer, at: number): number {
  return bytes[at] << 8 | bytes[at + 1]
}

/** An int32: the caller makes it unsigned where that matters. */
export function read32 (bytes: Buffer, at: number): number {
  return bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3]
}

/** Requests as numbers. The input is one buffer, for most requests. */
export function viewFrames (bytes: Buffer): DataView {
  return input.of(bytes)
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
  const { end } = sink
  const view = output.of(sink.bytes)
  view.setInt32(end, REPLY_MAGIC << 24 | opcode << 16 | key)
  view.setInt32(end + 4, extras << 24 | status)
  view.setInt32(end + 8, body)
  view.setInt32(end + 12, opaque)
  view.setInt32(end + 16, casHigh)
  view.setInt32(end + 20, casLow)
  sink.end = end + FRAME
}

export function put32 (sink: Sink, number: number): void {
  write32(sink.bytes, sink.end, number)
  sink.end += 4
}
