import fc from 'fast-check'
import { FRAME, put32, putFrame, read16, read32, write32 } from '../src/binary/frame.js'
import type { Sink } from '../src/sink.js'

const u8 = fc.integer({ min: 0, max: 0xff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const i32 = fc.integer()

test('the frame of a reply has its fields in their places', () => {
  fc.assert(fc.property(
    fc.tuple(u8, u16, u8, u16, i32, i32, i32, i32),
    ([opcode, status, extras, key, body, opaque, casLow, casHigh]) => {
      const sink: Sink = { bytes: Buffer.alloc(FRAME + 8, 0xee), end: 4 }
      putFrame(sink, opcode, status, extras, key, body, opaque, casLow, casHigh)
      const { bytes } = sink
      expect(sink.end).toBe(4 + FRAME)
      expect(bytes.readUInt32BE(0)).toBe(0xeeeeeeee)
      expect(bytes.readUInt32BE(4 + FRAME)).toBe(0xeeeeeeee)
      const frame = bytes.subarray(4, 4 + FRAME)
      expect({
        magic: frame[0], opcode: frame[1], key: frame.readUInt16BE(2), extras: frame[4],
        dataType: frame[5], status: frame.readUInt16BE(6), body: frame.readInt32BE(8),
        opaque: frame.readInt32BE(12), casHigh: frame.readInt32BE(16), casLow: frame.readInt32BE(20)
      }).toEqual({
        magic: 0x81, opcode, key, extras, dataType: 0, status, body, opaque, casHigh, casLow
      })
    }))
})

test('numbers are in network order', () => {
  fc.assert(fc.property(i32, u16, (long, short) => {
    const bytes = Buffer.alloc(8)
    write32(bytes, 1, long)
    expect(bytes.readInt32BE(1)).toBe(long)
    expect(read32(bytes, 1)).toBe(long)
    bytes.writeUInt16BE(short, 5)
    expect(read16(bytes, 5)).toBe(short)
    const sink: Sink = { bytes, end: 2 }
    put32(sink, long)
    expect([sink.end, bytes.readInt32BE(2)]).toEqual([6, long])
  }))
})
