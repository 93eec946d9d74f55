import type { Ref } from './memory.js'

/** Words before the refs. */
const COUNT = 0
const FIRST = 1
const MOST = 65536 - FIRST
const STRIDE = 65536

/**
 * The items that a thread holds, in shared memory, so that another can end its holds when it
 * dies. Holds mostly end in the order opposite to their beginning, so they are searched for
 * from the last. What exceeds the room is held but not recorded.
 */
export class Holds {
  private readonly refs: Int32Array

  static reserve (threads: number): SharedArrayBuffer {
    return new SharedArrayBuffer(4 * STRIDE * threads)
  }

  constructor (shared: SharedArrayBuffer, thread: number) {
    this.refs = new Int32Array(shared, 4 * STRIDE * thread, STRIDE)
  }

  get count (): number {
    return this.refs[COUNT]
  }

  /** The item was just held. */
  add (ref: Ref): void {
    const { refs } = this
    const count = refs[COUNT]
    if (count >= MOST) return
    refs[FIRST + count] = ref
    refs[COUNT] = count + 1
  }

  /** The hold is about to end. */
  remove (ref: Ref): void {
    const { refs } = this
    const last = refs[COUNT]
    for (let at = last; at >= FIRST; at--) {
      if (refs[at] !== ref) continue
      refs[at] = refs[last]!
      refs[COUNT] = last - 1
      return
    }
  }

  /** Takes out any one; 0 if there is none. */
  pop (): Ref {
    const { refs } = this
    const count = refs[COUNT]
    if (count === 0) return 0
    refs[COUNT] = count - 1
    return refs[count]
  }
}
