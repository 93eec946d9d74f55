import type { Random } from '../differential/random.js'

/** What requests are made of, and numbers at which something ends. */
const PIECES = [
  '\r\n', '\n', '\r', ' ', '  ', '\0', '\x80', '\x81', '\xff\xff\xff\xff', '\x7f\xff\xff\xff',
  '\x80\0\0\0', '0', '-1', '1', '65535', '65536', '2147483647', '2147483648', '4294967295',
  '4294967296', '18446744073709551615', '18446744073709551616', 'noreply', 'END', 'get ', 'set ',
  'mg ', 'ms ', 'HTTP/1.1', 'x'.repeat(250), 'x'.repeat(251), ' '.repeat(2048), 'x'.repeat(3000)
].map(text => Buffer.from(text, 'latin1'))

const MOST_CHANGES = 4

/** The request with some of its bytes changed, moved, lost or added. */
export function mutate (request: Buffer, random: Random, others: readonly Buffer[]): Buffer {
  let bytes: Buffer = Buffer.from(request)
  for (let left = random.integer(1, MOST_CHANGES); left > 0; left--) {
    bytes = change(bytes, random, others)
  }
  return bytes
}

function change (bytes: Buffer, random: Random, others: readonly Buffer[]): Buffer {
  const at = random.integer(0, Math.max(0, bytes.length - 1))
  const length = random.integer(1, 8)
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at + length)]
  switch (random.integer(0, 6)) {
    case 0: return flipBit(bytes, at, random)
    case 1: return Buffer.concat([before, random.bytes(length), after])
    case 2: return Buffer.concat([before, after])
    case 3: return Buffer.concat([before, random.pick(PIECES), bytes.subarray(at)])
    case 4: return Buffer.concat([before, random.pick(PIECES), after])
    case 5: return Buffer.concat([before, bytes.subarray(at, at + length), bytes.subarray(at)])
    default: return Buffer.concat([before, random.pick(others).subarray(random.integer(0, 30))])
  }
}

function flipBit (bytes: Buffer, at: number, random: Random): Buffer {
  if (bytes.length > 0) bytes[at] ^= 1 << random.integer(0, 7)
  return bytes
}
