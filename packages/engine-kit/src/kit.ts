import assert from 'node:assert/strict'
import { Op, Status } from '@memplug/engine'
import type { Answer, Config, Engine, Feature, Settings } from '@memplug/engine'
import { Checked } from './checked.js'
import { ask, soilForRelease, soilItem, soilTold } from './dirt.js'
import type { Asked, Call } from './dirt.js'
import { statusName } from './statuses.js'
import { Clock, TestHost } from './test-host.js'

/** A key or a value: text stands for its latin1 bytes. */
export type Bytes = string | Buffer

/** What a call came to: copies of all it told, and the hold already released. */
export interface Told {
  readonly status: Status
  readonly value: Buffer
  /** The value as latin1. */
  readonly text: string
  readonly flags: number
  readonly expires: number
  readonly used: number
  readonly state: number
  readonly cas: Cas
  readonly result: bigint
}

/** Fits into what is asked: `{ compare: true, ...cas }`. */
export interface Cas { readonly casLow: number, readonly casHigh: number }

/** How an engine is made and driven. */
export interface KitOptions {
  /** In place of the defaults, and of what a test asks for. */
  readonly settings?: Partial<Settings>
  readonly config?: Config
  /** Moves a clock of the engine's own, such as a database's, when the host's has moved. */
  readonly travel?: (seconds: number) => void | Promise<void>
}

const MOST_TRIES = 10

/**
 * A server's side of the seam: asks an engine, under Checked, with Ops that are dirty where the
 * engine may not look, with keys in the midst of buffers that are used again. A call that
 * answers TEMPORARY_FAILURE is tried again.
 */
export class Kit {
  readonly engine: Checked
  readonly features: ReadonlySet<Feature>
  readonly #options: KitOptions
  readonly #clock: Clock
  #host: TestHost

  constructor (engine: Engine, options: KitOptions & { clock?: Clock } = {}) {
    this.engine = new Checked(engine)
    this.features = new Set(engine.getInfo().features)
    this.#options = options
    this.#clock = options.clock ?? new Clock()
    this.#host = new TestHost(options.settings, options.config, this.#clock)
  }

  get host (): TestHost {
    return this.#host
  }

  get now (): number {
    return this.#clock.time
  }

  /** Whether cas values are told and compared. */
  get hasCas (): boolean {
    return this.features.has('cas') && this.#host.settings.cas
  }

  /** Initializes the engine with a new host: as thread 0, unless others share their items. */
  async start (thread?: { thread: number, threads: number, shared?: unknown }): Promise<void> {
    const { settings, config } = this.#options
    this.#host = new TestHost(settings, config, this.#clock, thread)
    this.#host.shared = thread?.shared
    this.is(await this.engine.initialize(this.#host))
  }

  async stop (): Promise<void> {
    this.is(await this.engine.destroy())
  }

  async travel (seconds: number): Promise<void> {
    this.#clock.time += seconds
    await this.#options.travel?.(seconds)
  }

  /** Asserts a status, by its name. */
  is (told: Told | Status, status: Status = Status.SUCCESS, why?: string): void {
    const got = typeof told === 'number' ? told : told.status
    const message = why === undefined ? '' : `${why}: `
    assert.equal(message + statusName(got), message + statusName(status))
  }

  /** An Op that asks for a key, in the midst of other bytes. */
  op (key: Bytes, call: Call, asked: Asked = {}): Op {
    const bytes = Buffer.from(key as string, 'latin1')
    const op = new Op()
    op.key = Buffer.concat([Buffer.from('get '), bytes, Buffer.from(' \r\n')])
    op.keyStart = 4
    op.keyEnd = 4 + bytes.length
    soilTold(op)
    soilItem(op)
    ask(op, call, asked, this.features.has('meta'))
    return op
  }

  /** Allocates and writes. The Op holds the room if the status is SUCCESS. */
  allocate (key: Bytes, value: Bytes, asked: Asked = {}): { op: Op, status: Status } {
    const bytes = Buffer.from(value as string, 'latin1')
    const op = this.op(key, 'allocate', { ...asked, size: bytes.length })
    const status = this.engine.allocate(op)
    if (status === Status.SUCCESS) bytes.copy(op.value, op.valueStart)
    return { op, status }
  }

  /** Stores what allocate() gave, still held. */
  async store (op: Op, asked: Asked = {}): Promise<Status> {
    ask(op, 'store', asked, this.features.has('meta'))
    soilTold(op)
    return this.#settle(() => this.engine.store(op), op)
  }

  /** Allocates, stores and releases. */
  async put (key: Bytes, value: Bytes, asked: Asked = {}): Promise<Told> {
    const { op, status } = this.allocate(key, value, asked)
    if (status !== Status.SUCCESS) return tell(op, status)
    const told = tell(op, await this.store(op, asked))
    this.release(op)
    return told
  }

  get (key: Bytes, asked: Asked = {}): Promise<Told> {
    return this.#ask('get', key, asked)
  }

  /** Gets the item of bytes start to end, and leaves the bytes as they are. */
  async getAt (bytes: Buffer, start: number, end: number): Promise<Told> {
    const op = this.op('', 'get')
    op.key = bytes
    op.keyStart = start
    op.keyEnd = end
    const told = tell(op, await this.#settle(() => this.engine.get(op)))
    if (told.status === Status.SUCCESS) this.release(op)
    return told
  }

  touch (key: Bytes, expires: number): Promise<Told> {
    return this.#ask('touch', key, { expires })
  }

  remove (key: Bytes, asked: Asked = {}): Promise<Told> {
    return this.#ask('remove', key, asked)
  }

  arithmetic (key: Bytes, delta: bigint | number, asked: Asked = {}): Promise<Told> {
    return this.#ask('arithmetic', key, { ...halves('delta', BigInt(delta)), ...asked })
  }

  flush (): Promise<Status> {
    return this.#settle(() => this.engine.flush())
  }

  /** Gets an item and keeps it held. */
  async hold (key: Bytes): Promise<Op> {
    const op = this.op(key, 'get')
    this.is(await this.#settle(() => this.engine.get(op), op), Status.SUCCESS, 'get')
    return op
  }

  release (op: Op): void {
    soilForRelease(op)
    this.engine.release(op)
  }

  /** Asserts that an item is there, with this value. */
  async has (key: Bytes, value: Bytes): Promise<Told> {
    const told = await this.get(key)
    this.is(told, Status.SUCCESS, 'get')
    assertBytes(told.value, value)
    return told
  }

  async hasNot (key: Bytes): Promise<void> {
    this.is(await this.get(key), Status.NOT_FOUND, 'get')
  }

  scan (op: Op, cursor: number): number | Promise<number> {
    return this.engine.scan(op, cursor)
  }

  /** Ends an engine after a failure, as far as that can be done. */
  async abandon (): Promise<void> {
    try {
      await this.engine.inner.destroy()
    } catch {
      // The failure that led here is the one to tell.
    }
  }

  async #ask (call: Exclude<Call, 'allocate' | 'store'>, key: Bytes, asked: Asked): Promise<Told> {
    const op = this.op(key, call, asked)
    const status = await this.#settle(() => this.engine[call](op), op)
    const told = tell(op, status)
    if (status === Status.SUCCESS && call !== 'remove') this.release(op)
    return told
  }

  /** When the answer is there, the bytes of the key are used for something else. */
  async #settle (call: () => Answer, op?: Op): Promise<Status> {
    let status = await call()
    for (let left = MOST_TRIES; status === Status.TEMPORARY_FAILURE && left > 0; left--) {
      status = await call()
    }
    op?.key.fill('x')
    return status
  }
}

/** Copies all that an Op tells. */
export function tell (op: Op, status: Status): Told {
  const value = status === Status.SUCCESS && Buffer.isBuffer(op.value)
    ? Buffer.from(op.value.subarray(op.valueStart, op.valueEnd))
    : Buffer.alloc(0)
  return {
    status,
    value,
    text: value.toString('latin1'),
    flags: op.itemFlags,
    expires: op.itemExpires,
    used: op.itemUsed,
    state: op.itemState,
    cas: { casLow: op.itemCasLow, casHigh: op.itemCasHigh },
    result: BigInt.asUintN(64, BigInt(op.resultHigh) << 32n | BigInt(op.resultLow >>> 0))
  }
}

/** The value of a held Op, as latin1. */
export function heldText (op: Op): string {
  return op.value.toString('latin1', op.valueStart, op.valueEnd)
}

/** `{ deltaLow, deltaHigh }` and the like. */
export function halves (name: 'delta' | 'initial' | 'newCas', number: bigint): Asked {
  return {
    [`${name}Low`]: Number(BigInt.asIntN(32, number)),
    [`${name}High`]: Number(BigInt.asIntN(32, number >> 32n))
  }
}

/** Told in text as far as it can be shown. */
export function assertBytes (got: Buffer, wanted: Bytes): void {
  const bytes = Buffer.from(wanted as string, 'latin1')
  if (got.equals(bytes)) return
  const show = (buffer: Buffer) => `${buffer.length} bytes ` +
    JSON.stringify(buffer.toString('latin1', 0, 60))
  assert.fail(`the value is ${show(got)}, not ${show(bytes)}`)
}
