import { closeSync, existsSync, openSync, rmSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Engine } from '@memplug/engine'
import { resumedEpoch, type Clock, type Epoch } from '../clock.js'
import { startEngine, stopEngine } from '../engine.js'
import type { EngineHost } from '../host.js'
import type { ServerSettings } from '../options.js'
import type { Shared } from '../shared.js'
import { readSaved, type Saved } from './saved.js'
import { SnapshotReader } from './snapshot-reader.js'
import { writeSnapshot } from './snapshot-writer.js'
import { buffersOf, shapeOf } from './tree.js'

/** What must be the same for memory to be of use to the next start. */
const SAME = [
  'memoryLimit', 'maxItemSize', 'maxKeySize', 'cas', 'growthFactor', 'minItemSpace', 'engineConfig'
] as const

/**
 * -e: the memory of the items, saved at a graceful stop, and given back to the engine by the next
 * start with the same flags. Once it is loaded the file is removed: what changes from then on is
 * not in it.
 */
export class MemoryFile {
  readonly #path: string
  readonly #engine: Engine
  readonly #settings: ServerSettings
  readonly #flags: Record<string, unknown>
  #reader: SnapshotReader | undefined
  #saved: Saved | undefined

  /** Throws an Error for the operator if the file could never be saved, or its stop failed. */
  constructor (path: string, engine: Engine, settings: ServerSettings, threads: number) {
    this.#path = resolve(path)
    this.#engine = engine
    this.#settings = settings
    const { name, version, features } = engine.getInfo()
    if (!features.includes('restart')) throw new Error(`-e: the engine ${name} can't be restarted`)
    const flags = Object.fromEntries(SAME.map(flag => [flag, settings[flag]]))
    this.#flags = { engine: `${name} ${version}`, threads, ...flags }
    const meta = `${this.#path}.meta`
    if (existsSync(meta) && statSync(meta).size === 0) {
      throw new Error(`${meta} is empty: remove it, and what memcached left of ${path}`)
    }
    try {
      closeSync(openSync(`${this.#path}.tmp`, 'w', 0o600))
      rmSync(`${this.#path}.tmp`)
    } catch (error) {
      throw new Error(`can't write the memory file ${path}: ${reasonOf(error)}`, { cause: error })
    }
  }

  /** When the time of the saved items began; undefined if there are none to load. */
  open (): Epoch | undefined {
    if (!existsSync(this.#path)) return undefined
    try {
      this.#reader = new SnapshotReader(this.#path)
      this.#saved = readSaved(this.#reader.header)
      this.#compareFlags(this.#saved)
    } catch (error) {
      this.#refuse(error)
      return undefined
    }
    return resumedEpoch(this.#saved.epoch, this.#saved.now)
  }

  /** Puts the saved memory, if there is some, under the engine, which has just been started. */
  async load (host: EngineHost, shared: Shared): Promise<void> {
    const reader = this.#reader
    const saved = this.#saved
    if (reader === undefined || saved === undefined) return
    const tree = host.shared
    let fits = false
    try {
      if (shapeOf(tree) !== saved.shape) throw new Error('another version of memplug has saved it')
      reader.fill(buffersOf(tree))
      fits = true
    } catch (error) {
      this.#refuse(error)
    }
    if (fits) reader.close()
    this.#reader = undefined
    await stopEngine(this.#engine, this.#settings.engineTimeout)
    host.shared = fits ? tree : undefined
    await startEngine(this.#engine, host)
    if (!fits) return
    shared.flushAt = saved.flushAt
    rmSync(this.#path)
    this.#settings.log('info', `loaded the items of ${this.#path}`)
  }

  /** Saves what the engine's threads shared, once all of them have ended. Throws system errors. */
  save (tree: unknown, clock: Clock, shared: Shared): void {
    const saved: Saved = {
      flags: this.#flags,
      shape: shapeOf(tree),
      epoch: clock.epoch,
      now: clock.now,
      flushAt: shared.flushAt
    }
    writeSnapshot(this.#path, saved, buffersOf(tree))
    this.#settings.log('info', `saved the items to ${this.#path}`)
  }

  #compareFlags (saved: Saved): void {
    for (const [name, value] of Object.entries(this.#flags)) {
      const [now, then] = [JSON.stringify(value), JSON.stringify(saved.flags[name])]
      if (now !== then) throw new Error(`it was saved with the ${name} ${then}, not ${now}`)
    }
  }

  #refuse (error: unknown): void {
    this.#reader?.close()
    this.#reader = undefined
    this.#settings.log('warn',
      `can't use the memory file ${this.#path}, starting empty: ${reasonOf(error)}`)
  }
}

function reasonOf (error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
