import type { Op } from '@memplug/engine'
import { ReferenceEngine } from '../reference-engine.js'
import type { Broken } from './broken.js'

/** Remembers the names of what was foreseen, by their positions. */
class Remembering extends ReferenceEngine {
  names = new Map<number, string>()
  foreseen: Buffer | undefined

  override foresee (key: Buffer, starts: Int32Array, ends: Int32Array, count: number): void {
    this.names.clear()
    this.foreseen = key
    for (let i = 0; i < count; i++) {
      this.names.set(starts[i], key.toString('latin1', starts[i], ends[i]))
    }
  }

  override nameOf (op: Op): string {
    const name = op.key === this.foreseen ? this.names.get(op.keyStart) : undefined
    return name ?? super.nameOf(op)
  }
}

export const foreseeing: Broken[] = [
  {
    fault: 'goes by what it foresaw when that is void',
    foundBy: 'bytes that were foreseen may change',
    Engine: class extends Remembering {
      override foresee (key: Buffer, starts: Int32Array, ends: Int32Array, count: number): void {
        if (count > 0) super.foresee(key, starts, ends, count)
      }
    }
  },
  {
    fault: 'takes any buffer for the one that was foreseen',
    foundBy: 'other bytes than those foreseen',
    Engine: class extends Remembering {
      override nameOf (op: Op): string {
        this.foreseen = op.key
        return super.nameOf(op)
      }
    }
  },
  {
    fault: 'answers with the items that were there when they were foreseen',
    foundBy: 'what is foreseen and changes',
    Engine: class extends Remembering {
      readonly early = new Map<string, ReturnType<ReferenceEngine['find']>>()

      override foresee (key: Buffer, starts: Int32Array, ends: Int32Array, count: number): void {
        super.foresee(key, starts, ends, count)
        this.early.clear()
        for (const name of this.names.values()) this.early.set(name, this.entries.get(name))
      }

      override find (op: Op) {
        const name = this.nameOf(op)
        return this.early.has(name) ? this.early.get(name) : super.find(op)
      }
    }
  }
]
