import { performance } from 'node:perf_hooks'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { Random } from '../differential/random.js'
import { RawClient } from '../support/client.js'
import { mutate } from './mutate.js'

/** Requests from one canary to the next, by so many connections. */
const ROUND = 1000
const CONNECTIONS = 10
/** Of the requests, those that are left whole: they bring a connection into odd states. */
const WHOLE = 0.3
const LARGEST_DATAGRAM = 1400

export interface Outcome {
  /** The longest that a canary waited: milliseconds. */
  slowest: number
  /** Canaries that were answered otherwise than they should be. */
  wrong: string[]
}

export interface Target {
  readonly port: number
  /** Sends some of the requests by UDP too. */
  readonly udpPort?: number
}

/** Plays mutated requests to a server; a canary among them must be served as if alone. */
export async function playMutated (
  { port, udpPort }: Target, seeds: readonly Buffer[], seed: number, requests: number
): Promise<Outcome> {
  const random = new Random(seed)
  const canary = await RawClient.connect(port)
  const udp = udpPort === undefined ? undefined : createSocket('udp4')
  const outcome: Outcome = { slowest: 0, wrong: [] }
  for (let done = 0; done < requests; done += ROUND) {
    const clients = await Promise.all(
      Array.from({ length: CONNECTIONS }, () => RawClient.connect(port)))
    for (const client of clients) {
      const batch = makeBatch(seeds, random, ROUND / CONNECTIONS)
      client.socket.removeAllListeners('data').resume()
      client.send(Buffer.concat(batch))
      if (udp !== undefined) sendDatagram(udp, udpPort!, random.pick(batch), random)
    }
    await sing(canary, done, outcome)
    for (const client of clients) client.close()
  }
  canary.close()
  udp?.close()
  return outcome
}

function makeBatch (seeds: readonly Buffer[], random: Random, count: number): Buffer[] {
  return Array.from({ length: count }, () => {
    const request = random.pick(seeds)
    return random.chance(WHOLE) ? request : mutate(request, random, seeds)
  })
}

/** A frame header, mostly a right one, before the request. */
function sendDatagram (socket: UdpSocket, port: number, request: Buffer, random: Random): void {
  const header = random.chance(0.8) ? Buffer.from([7, 7, 0, 0, 0, 1, 0, 0]) : random.bytes(8)
  socket.send(Buffer.concat([header, request]).subarray(0, LARGEST_DATAGRAM), port, '127.0.0.1')
}

async function sing (canary: RawClient, number: number, outcome: Outcome): Promise<void> {
  const value = `canary ${number}`
  const start = performance.now()
  canary.send(`set the-canary 5 0 ${value.length}\r\n${value}\r\nget the-canary\r\nmn\r\n`)
  const isOver = () => canary.peek().subarray(-4).equals(Buffer.from('MN\r\n'))
  try {
    await canary.until(isOver)
  } catch {
    // What came is told below.
  }
  outcome.slowest = Math.max(outcome.slowest, performance.now() - start)
  const got = canary.take().toString('latin1')
  // Another connection's flush_all may have come between.
  if (/^STORED\r\n(VALUE the-canary 5 (\d+)\r\n(canary \d+)\r\n)?END\r\nMN\r\n$/.exec(got)?.[3] !==
    value && got !== 'STORED\r\nEND\r\nMN\r\n') outcome.wrong.push(`${number}: ${got}`)
}
