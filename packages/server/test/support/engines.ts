import { Checked, Late, type LateOptions } from '@memplug/engine-kit'
import { Status, Store, type Engine, type Feature, type Op } from '@memplug/engine'
import { MapEngine } from '@memplug/map'

/** The map, with features of one's own choice. */
export class FeaturedMap extends MapEngine {
  readonly #features: readonly Feature[]

  constructor (features: readonly Feature[] = ['cas']) {
    super()
    this.#features = features
  }

  override getInfo () { return { ...super.getInfo(), features: this.#features } as never }
}

/** Leaves to the server all that an engine may leave to it. */
export class PlainMap extends FeaturedMap {
  override store (op: Op) {
    return op.mode >= Store.APPEND ? Status.NOT_SUPPORTED : super.store(op)
  }

  override touch () { return Status.NOT_SUPPORTED as never }
  override arithmetic () { return Status.NOT_SUPPORTED }
}

/** A map whose gets are answered when the test says so, and in the order it says. */
export class ManualMap extends FeaturedMap {
  /** One per get that waits, in the order called. Each ends its get. */
  readonly waiting: ((status?: Status | Error) => void)[] = []
  readonly keys: string[] = []

  constructor () { super(['cas', 'async']) }

  override get (op: Op): never {
    this.keys.push(op.key.toString('latin1', op.keyStart, op.keyEnd))
    return new Promise<Status>((resolve, reject) => {
      this.waiting.push(status => {
        if (status instanceof Error) reject(status)
        else resolve(status ?? super.get(op))
      })
    }) as never
  }
}

/** An engine of which one function is another. */
export function withFunction<E extends Engine> (
  engine: E, name: keyof Engine, replacement: (...asked: never[]) => unknown
): E {
  return Object.assign(engine, { [name]: replacement })
}

export const late = (engine: Engine = new MapEngine(), options?: LateOptions) =>
  new Checked(new Late(engine, options))
export const checked = (engine: Engine = new MapEngine()) => new Checked(engine)

/** Engines over which every conversation is the same. */
export const engines: Readonly<Record<string, () => Engine>> = {
  'the map': () => new MapEngine(),
  'the map, checked': () => checked(),
  'the late map, checked': () => late()
}

