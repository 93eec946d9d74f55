/** Keys that a client chose so that they meet in one bucket of a careless hash table. */
import { performance } from 'node:perf_hooks'
import { Client } from './client.mjs'

const MEBIBYTE = 1 << 20
const BUNCH = 1000
/** Of murmur3, 32 bits: its multipliers and their inverses modulo 2^32. */
const C1 = 0xcc9e2d51
const C2 = 0x1b873593
const INVERSE_OF_C1 = inverse(C1)
const INVERSE_OF_C2 = inverse(C2)
const INVERSE_OF_5 = inverse(5)
const ADDEND = 0xe6546b64
const TARGET = 0x12345678

/** Throughput with colliding keys beside that with random ones. */
export const flooding = {
  full: { keys: 1_000_000, rounds: 3 },
  small: { keys: 20_000, rounds: 1 },
  server: () => ({ memoryLimit: 512 * MEBIBYTE }),

  async prove (server, { keys, rounds }, report) {
    const client = await Client.connect(server.port)
    const kinds = {
      'that collide in murmur3 with seed 0': collide(keys),
      'that are numbers': Array.from({ length: keys }, (_, at) => String(10_000_000 + at))
    }
    const random = Array.from({ length: keys }, () => Math.random().toString(36).slice(2, 10)
      .padEnd(8, '0'))
    for (const [name, chosen] of Object.entries(kinds)) {
      const ratios = []
      for (let round = 0; round < rounds; round++) {
        const usual = await time(client, random)
        ratios.push(usual / await time(client, chosen))
      }
      ratios.sort((one, other) => one - other)
      report(`throughput of keys ${name}, that of random ones is 1`, ratios[rounds >> 1], 0.5,
        'least')
    }
    client.close()
  }
}

/** Milliseconds to store all and to get all. */
async function time (client, keys) {
  await client.ask('flush_all\r\n', 4)
  const start = performance.now()
  for (const line of [key => `set ${key} 0 0 1 noreply\r\nx\r\n`, key => `mg ${key} q\r\n`]) {
    for (let at = 0; at < keys.length; at += BUNCH) {
      const bunch = keys.slice(at, at + BUNCH)
      client.send(`${bunch.map(line).join('')}mn\r\n`)
      await client.take(line('').startsWith('set') ? 4 : 4 * bunch.length + 4)
    }
  }
  return performance.now() - start
}

/** Printable keys of 8 bytes which murmur3_32 maps to one number: the second half is solved for. */
export function collide (count) {
  const keys = []
  const bytes = Buffer.alloc(8)
  for (let seed = 0; keys.length < count; seed++) {
    for (let i = 0; i < 4; i++) bytes[i] = 33 + Math.floor(seed / 90 ** i) % 90
    const first = mix(0, scramble(bytes.readUInt32LE(0)))
    // murmur3's step backwards: h = rotl(h ^ k, 13) * 5 + ADDEND
    const before = rotate(Math.imul(TARGET - ADDEND, INVERSE_OF_5), 19)
    bytes.writeInt32LE(unscramble(before ^ first), 4)
    const isPrintable = bytes.subarray(4).every(byte => byte > 32 && byte < 127)
    if (isPrintable) keys.push(bytes.toString('latin1'))
  }
  return keys
}

/** murmur3_32 with seed 0 of 8 bytes, but for the last steps, which are the same for all. */
export function hash (bytes) {
  return mix(mix(0, scramble(bytes.readUInt32LE(0))), scramble(bytes.readUInt32LE(4)))
}

function scramble (word) { return Math.imul(rotate(Math.imul(word, C1), 15), C2) }

function unscramble (word) {
  return Math.imul(rotate(Math.imul(word, INVERSE_OF_C2), 17), INVERSE_OF_C1)
}

function mix (state, word) { return Math.imul(rotate(state ^ word, 13), 5) + ADDEND | 0 }

function rotate (word, by) { return word << by | word >>> 32 - by }

/** Of an odd number modulo 2^32, by Newton's method. */
function inverse (number) {
  let found = number
  for (let i = 0; i < 5; i++) found = Math.imul(found, 2 - Math.imul(number, found))
  return found
}
