import { performance } from 'node:perf_hooks'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Random } from '../differential/random.js'
import { RawClient } from '../support/client.js'
import { Requests } from './requests.js'

/** So many play at once, each with a canary of its own, so that no server ever waits. */
const PLAYERS = 3
/** Requests from one canary to the next, by so many connections and datagrams. */
const ROUND = 1000
const CONNECTIONS = 25
const DATAGRAMS = 50
const LARGEST_DATAGRAM = 1400

export interface Outcome {
  /** The longest that a canary waited: milliseconds. */
  slowest: number
  /** Canaries that waited for more than a tenth of a second. */
  late: number
  /** Canaries that were answered otherwise than they should be, and the files of what was sent. */
  wrong: string[]
}

export interface Target {
  readonly port: number
  readonly udpPort: number
}

export interface Game {
  readonly seed: number
  readonly requests: number
  readonly progress?: () => (done: number) => void
}

/** Plays mutated requests to a server; a canary among them must be served as if alone. */
export async function playMutated (target: Target, game: Game): Promise<Outcome> {
  const outcome: Outcome = { slowest: 0, late: 0, wrong: [] }
  const players = Array.from({ length: PLAYERS }, (_, i) => new Player(target, game, i, outcome))
  await Promise.all(players.map(player => player.play()))
  return outcome
}

class Player {
  readonly #target: Target
  readonly #seed: number
  readonly #share: number
  readonly #number: number
  readonly #outcome: Outcome
  readonly #random: Random
  readonly #requests: Requests
  readonly #udp: UdpSocket
  readonly #progress: (done: number) => void

  constructor (target: Target, { seed, requests, progress }: Game, i: number, outcome: Outcome) {
    this.#target = target
    this.#seed = seed * PLAYERS + i
    this.#share = requests / PLAYERS
    this.#number = i
    this.#outcome = outcome
    this.#random = new Random(this.#seed)
    this.#requests = new Requests(this.#random)
    this.#udp = createSocket('udp4')
    this.#progress = progress?.() ?? (() => {})
  }

  async play (): Promise<void> {
    const canary = await RawClient.connect(this.#target.port)
    for (let done = 0; done < this.#share && this.#outcome.wrong.length === 0; done += ROUND) {
      await this.#playRound(canary, done)
      if (this.#outcome.wrong.length === 0) this.#progress(done + ROUND)
    }
    canary.close()
    this.#udp.close()
  }

  async #playRound (canary: RawClient, done: number): Promise<void> {
    const each = (ROUND - DATAGRAMS) / CONNECTIONS
    const sent = Array.from({ length: CONNECTIONS }, () => this.#requests.take(each))
    const datagrams = Array.from({ length: DATAGRAMS }, () => this.#makeDatagram())
    let fault: string | undefined
    try {
      const clients = await Promise.all(sent.map(bytes => this.#send(bytes)))
      for (const datagram of datagrams) this.#udp.send(datagram, this.#target.udpPort, '127.0.0.1')
      fault = await this.#sing(canary, done)
      for (const client of clients) client.close()
    } catch (error) {
      fault = String(error)
    }
    if (fault === undefined) return
    const file = join(tmpdir(), `memplug-fuzz-${this.#seed}-${done}.json`)
    const show = (bytes: Buffer): string => bytes.toString('latin1')
    writeFileSync(file, JSON.stringify({ sent: sent.map(show), datagrams: datagrams.map(show) }))
    this.#outcome.wrong.push(`up to request ${done + ROUND}, see ${file}: ${fault}`)
  }

  async #send (bytes: Buffer): Promise<RawClient> {
    const client = await RawClient.connect(this.#target.port)
    client.socket.removeAllListeners('data').resume()
    client.send(bytes)
    return client
  }

  /** A frame header, mostly a right one, before a request. */
  #makeDatagram (): Buffer {
    const random = this.#random
    const header = random.chance(0.8) ? Buffer.from([7, 7, 0, 0, 0, 1, 0, 0]) : random.bytes(8)
    return Buffer.concat([header, this.#requests.take(1)]).subarray(0, LARGEST_DATAGRAM)
  }

  /** Answers what is wrong. */
  async #sing (canary: RawClient, number: number): Promise<string | undefined> {
    const value = `canary ${number}`
    const key = `the-canary-${this.#number}`
    const start = performance.now()
    canary.send(`set ${key} 5 0 ${value.length}\r\n${value}\r\nget ${key}\r\nmn\r\n`)
    await canary.until(() => canary.peek().subarray(-4).equals(Buffer.from('MN\r\n')))
    const waited = performance.now() - start
    this.#outcome.slowest = Math.max(this.#outcome.slowest, waited)
    if (waited > 100) this.#outcome.late++
    const got = canary.take().toString('latin1')
    const hit = `VALUE ${key} 5 ${value.length}\r\n${value}\r\n`
    // Another connection's flush_all, or its lower limit of memory, may have come between.
    const isRight = [hit, ''].some(found => got === `STORED\r\n${found}END\r\nMN\r\n`)
    return isRight ? undefined : `the canary got ${JSON.stringify(got)}`
  }
}
