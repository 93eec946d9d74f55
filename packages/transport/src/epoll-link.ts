import { Answer, Flag, SLOT_WORDS, Word } from './epoll-addon.js'
import type { EpollWire } from './epoll-wire.js'
import { Target } from './target.js'
import type { Link, Receiver } from './transport.js'

const State = { OPEN: 0, ENDING: 1, GONE: 2 } as const
type State = (typeof State)[keyof typeof State]

/** One connection of an EpollTransport. */
export class EpollLink implements Link {
  readonly slot: number
  readonly generation: number
  errno = 0
  readonly #wire: EpollWire
  readonly #flagsAt: number
  readonly #target = new Target()
  #receiver: Receiver | undefined
  #state: State = State.OPEN
  /** What sendHeld() was given and the kernel has not wholly taken: bytes and token in turn. */
  readonly #held: unknown[] = []
  #remote = ''
  #local = ''

  constructor (wire: EpollWire, slot: number) {
    this.#wire = wire
    this.slot = slot
    this.#flagsAt = slot * SLOT_WORDS + Word.FLAGS
    this.generation = wire.slots[slot * SLOT_WORDS + Word.GENERATION]!
  }

  // --- from the server

  get remote (): string {
    if (this.#remote === '') this.#remote = this.#nameOf(1)
    return this.#remote
  }

  get local (): string {
    if (this.#local === '') this.#local = this.#nameOf(0)
    return this.#local
  }

  get unsent (): number {
    return this.#state === State.GONE ? 0 : this.#wire.slots[this.#flagsAt + Word.UNSENT]
  }

  flush (): void {
    const { output } = this.#wire
    const { start, end } = output
    if (start === end) return
    output.flushes++
    if (this.#state !== State.OPEN) {
      output.end = start
      return
    }
    output.start = end
    this.#wire.record(this.slot, this.generation, start, end)
  }

  sendHeld (bytes: Buffer, start: number, end: number, token: unknown): void {
    if (this.#state !== State.OPEN) {
      this.#receiver!.sent(token)
      return
    }
    this.#wire.recordHeld(this.slot, this.generation, bytes, start, end)
    this.#held.push(bytes, token)
  }

  fill (bytes: Buffer, start: number, end: number): void {
    if (this.#state !== State.OPEN) return
    this.#target.set(bytes, start, end)
    const { slots } = this.#wire
    if (start < end) slots[this.#flagsAt] |= Flag.FILLING
    else slots[this.#flagsAt] &= ~Flag.FILLING
  }

  pause (): void {
    if (this.#state === State.OPEN) this.#wire.slots[this.#flagsAt] |= Flag.PAUSED
  }

  resume (): void {
    if (this.#state !== State.OPEN) return
    const { slots, sockets } = this.#wire
    const flags = slots[this.#flagsAt]
    if ((flags & Flag.PAUSED) === 0) return
    slots[this.#flagsAt] = flags & ~(Flag.PAUSED | Flag.DISARMED)
    if ((flags & Flag.DISARMED) !== 0) sockets.arm(this.slot, this.generation)
  }

  end (): void {
    if (this.#state !== State.OPEN) return
    this.flush()
    this.#state = State.ENDING
    this.#wire.record(this.slot, this.generation, Answer.END, 0)
  }

  destroy (): void {
    if (this.#state === State.GONE) return
    const wire = this.#wire
    this.#state = State.GONE
    wire.sockets.free(this.slot, this.generation)
    wire.links[this.slot] = undefined
    wire.gone.push(this)
    wire.schedule()
  }

  // --- from the transport

  start (receiver: Receiver): void { this.#receiver = receiver }

  /** Bytes start to end of the input have come. */
  receive (start: number, end: number): void {
    const target = this.#target
    const { input } = this.#wire
    while (!target.isFull && start < end && this.#state === State.OPEN) {
      const count = target.take(input, start, end)
      start += count
      this.#filled(count)
    }
    if (start < end && this.#state === State.OPEN) this.#receiver!.receive(input, start, end)
  }

  /** There is something to read for fill()'s range; what comes after it fits the input at `at`. */
  fillMore (at: number): void {
    const target = this.#target
    if (this.#state !== State.OPEN) return
    const room = target.end - target.at
    const length = this.#wire.sockets.read(
      this.slot, this.generation, target.bytes, target.at, target.end, at)
    if (length < 0) return
    if (length === 0) {
      this.#receiver!.ended()
      return
    }
    const count = Math.min(length, room)
    target.advance(count)
    if (count > 0) this.#filled(count)
    if (length > room) this.receive(at, at + length - room)
  }

  ended (): void {
    if (this.#state === State.OPEN) this.#receiver!.ended()
  }

  /** The kernel has closed it, because of that error or of none. */
  lost (errno: number): void {
    if (this.#state === State.OPEN) this.errno = errno
    this.destroy()
  }

  drained (): void {
    if (this.#state === State.OPEN) this.#receiver!.drained()
  }

  sent (count: number): void {
    const held = this.#held
    for (let i = 0; i < count && held.length > 0; i++) {
      held.shift()
      this.#receiver!.sent(held.shift())
    }
  }

  /** It is gone: gives back what it holds. */
  close (): void {
    try {
      this.sent(Infinity)
    } finally {
      if (this.#held.length > 0) this.close()
      else this.#receiver?.closed()
    }
  }

  // ---

  #filled (count: number): void {
    if (this.#target.isFull) this.#wire.slots[this.#flagsAt] &= ~Flag.FILLING
    this.#receiver!.filled?.(count)
  }

  #nameOf (remote: number): string {
    if (this.#state === State.GONE) return ''
    return this.#wire.sockets.name(this.slot, this.generation, remote)
  }
}
