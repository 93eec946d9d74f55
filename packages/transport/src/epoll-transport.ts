import { lookup } from 'node:dns/promises'
import { rmSync } from 'node:fs'
import { isIP } from 'node:net'
import process from 'node:process'
import { forgetBytes, forgetShared, rememberBytes } from './copier.js'
import { loadAddon, ROW, What, type Addon } from './epoll-addon.js'
import { EpollLink } from './epoll-link.js'
import { EpollWire } from './epoll-wire.js'
import { checkPort, listenError } from './listen-error.js'
import { Pauses } from './pauses.js'
import type {
  Accept, Address, Batch, HandingTransport, Notify, Output, Take
} from './transport.js'
import { prepareSocketPath } from './unix-socket.js'

type Taker = { readonly accept: Accept } | { readonly take: Take }
type Listener = Taker & { readonly local: string }

/** What a system without IPv6 answers. */
const NO_IPV6 = new Set([-97, -99, -22]) // EAFNOSUPPORT, EADDRNOTAVAIL, EINVAL

/**
 * The transport over epoll, on Linux: all sockets that are ready are read before JavaScript is
 * called once, and what they are answered is sent after that, with one send per socket.
 */
export class EpollTransport implements HandingTransport {
  readonly name = 'epoll'
  readonly handingObstacle = undefined
  readonly output: Output
  readonly #wire: EpollWire
  readonly #listeners: Listener[] = []
  readonly #paths: string[] = []
  readonly #pauses: Pauses
  #isClosed = false

  /** Throws an Error that says why, where there is no native addon. */
  constructor (addon: Addon = loadAddon(), notify: Notify = () => {}) {
    this.#pauses = new Pauses(notify)
    this.#wire = new EpollWire(addon,
      (rows, hasNews) => { this.#turn(rows, hasNews) }, () => { this.#settle() })
    this.output = this.#wire.output
    rememberBytes(this.#wire.input)
    rememberBytes(this.output.bytes)
  }

  listen (address: Address, backlog: number, accept: Accept): Promise<string> {
    return this.#listen(address, backlog, { accept })
  }

  listenFds (address: Address, backlog: number, take: Take): Promise<string> {
    return this.#listen(address, backlog, { take })
  }

  adopt (descriptor: number, accept: Accept): void {
    const slot = this.#wire.sockets.adopt(descriptor)
    if (slot < 0) throw listenError(slot, 'adopt', `descriptor ${descriptor}`)
    this.#connect(slot, accept)
    this.#wire.schedule()
  }

  async close (): Promise<void> {
    if (this.#isClosed) return
    const wire = this.#wire
    wire.send()
    this.#isClosed = true
    for (const link of wire.links) link?.destroy()
    wire.sockets.close()
    for (const path of this.#paths) rmSync(path, { force: true })
    await new Promise<void>(resolve => {
      setImmediate(() => {
        this.#tellGone()
        resolve()
      })
    })
    forgetBytes(wire.input)
    forgetBytes(this.output.bytes)
    forgetShared()
  }

  // --- listening

  async #listen (address: Address, backlog: number, taker: Taker): Promise<string> {
    const { sockets } = this.#wire
    const raw = 'take' in taker ? 1 : 0
    const { path, mode = -1 } = address
    if (path !== undefined) {
      prepareSocketPath(path)
      const id = sockets.listen(path, -1, mode, backlog, raw)
      if (id < 0) throw listenError(id, 'listen', path, -1)
      this.#paths.push(path)
      return this.#add(id, taker)
    }
    const port = checkPort(address.port ?? 0)
    let host = await resolve(address.host)
    let id = sockets.listen(host, port, -1, backlog, raw)
    if (address.host === undefined && NO_IPV6.has(id)) {
      host = '0.0.0.0'
      id = sockets.listen(host, port, -1, backlog, raw)
    }
    if (id < 0) throw listenError(id, 'listen', host, port)
    return this.#add(id, taker)
  }

  #add (id: number, taker: Taker): string {
    const local = this.#wire.sockets.listenerName(id)
    this.#listeners[id] = { ...taker, local }
    return local
  }

  #connect (slot: number, accept: Accept): void {
    const link = new EpollLink(this.#wire, slot)
    this.#wire.links[slot] = link
    try {
      const receiver = accept(link)
      if (receiver === null) link.end()
      else link.start(receiver)
    } catch (error) {
      this.#fault(link, error)
    }
  }

  get batch (): Batch { return this.#wire.batch }

  // --- turns

  /** The addon has made this many event rows. */
  #turn (rows: number, hasNews: number): void {
    const { events } = this.#wire
    this.#wire.inTurn = true
    if (hasNews !== 0) this.#wire.hasNews = true
    this.#beginBatch(rows)
    for (let at = 0; at < rows * ROW; at += ROW) {
      this.#tell(events[at], events[at + 1], events[at + 2], events[at + 3])
    }
    this.#endBatch()
    this.#settle()
  }

  /** Input lies in the order of the rows; what is read for a fill() later ends the batch. */
  #beginBatch (rows: number): void {
    const { events, batch } = this.#wire
    if (rows < 2) return
    for (let at = 0; at < rows * ROW; at += ROW) {
      const what = events[at + 2]
      if (what === What.FILL) break
      if (what >= 0) batch.end = what + events[at + 3]
    }
  }

  #endBatch (): void {
    const { batch } = this.#wire
    if (batch.end === 0) return
    batch.end = 0
    batch.over()
  }

  #tell (slot: number, generation: number, what: number, value: number): void {
    const link = this.#wire.links[slot]
    if (link === undefined || link.generation !== generation ||
      what === What.TAKEN || what === What.PAUSED) {
      if (what === What.ACCEPTED || what === What.TAKEN) this.#accept(slot, value)
      else if (what === What.PAUSED) this.#pauses.tell(value)
      return
    }
    try {
      if (what >= 0) link.receive(what, what + value)
      else if (what === What.FILL) link.fillMore(value)
      else if (what === What.ENDED) link.ended()
      else if (what === What.SENT) link.sent(value)
      else if (what === What.DRAINED) link.drained()
      else if (what === What.CLOSED) link.lost(value)
    } catch (error) {
      this.#fault(link, error)
    }
  }

  #accept (slot: number, id: number): void {
    const listener = this.#listeners[id]
    if ('accept' in listener) {
      this.#connect(slot, listener.accept)
      return
    }
    try {
      listener.take(slot, listener.local)
    } catch (error) {
      this.#report(error)
    }
  }

  /** Sends what the turn has recorded, and tells what became of it. */
  #settle (): void {
    const wire = this.#wire
    wire.inTurn = true
    if (!this.#isClosed) {
      wire.send()
      if (wire.hasNews) this.#tellNews()
    }
    if (wire.gone.length > 0) this.#tellGone()
    wire.inTurn = false
    // What these have recorded is sent after others had their turn.
    if (!wire.isIdle && !this.#isClosed) wire.scheduleLater()
  }

  #tellNews (): void {
    const { events, sockets } = this.#wire
    this.#wire.hasNews = false
    for (let rows = sockets.news(); rows > 0; rows = sockets.news()) {
      for (let at = 0; at < rows * ROW; at += ROW) {
        this.#tell(events[at], events[at + 1], events[at + 2], events[at + 3])
      }
    }
  }

  #tellGone (): void {
    for (const link of this.#wire.gone.splice(0)) {
      try {
        link.close()
      } catch (error) {
        this.#report(error)
      }
    }
  }

  /** A receiver has thrown: its connection is lost, and what it had begun to write. */
  #fault (link: EpollLink, error: unknown): void {
    const { output } = this.#wire
    output.end = output.start
    link.destroy()
    this.#report(error)
  }

  /** An exception that nobody catches must not keep others from their turn. */
  #report (error: unknown): void {
    process.nextTick(() => { throw error })
  }
}

async function resolve (host: string | undefined): Promise<string> {
  if (host === undefined) return '::'
  return isIP(host) !== 0 ? host : (await lookup(host)).address
}
