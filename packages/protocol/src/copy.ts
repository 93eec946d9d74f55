/** From here on one call out of JavaScript beats a loop over the bytes. */
const LOOP_UP_TO = 192
/** Below this a word at a time saves nothing. */
const WORDS_FROM = 16
/** Smaller buffers come and go: it does not pay to view them as words. */
const VIEWED_FROM = 1 << 16

/** Copies bytes start to end of `from` to position `at` of `to`. */
export type Copy = (from: Buffer, start: number, end: number, to: Buffer, at: number) => void

let copyLong: Copy = (from, start, end, to, at) => { to.set(from.subarray(start, end), at) }

/** Has long values copied by other means: the runtime's own are slow with shared memory. */
export function copyLongBy (copy: Copy): void { copyLong = copy }

/** A view of each large buffer that was copied from or to. */
const views = new WeakMap<Buffer, DataView>()

function viewOf (buffer: Buffer): DataView {
  let view = views.get(buffer)
  if (view === undefined) {
    view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
    views.set(buffer, view)
  }
  return view
}

/**
 * Copies bytes between large buffers that are used again and again, four at a time, which takes
 * half the time of a loop over bytes. One for each way that bytes go, since it remembers the
 * buffers of the last copy.
 */
export class Copier {
  private from: Buffer | null = null
  private to: Buffer | null = null
  private fromView: DataView = new DataView(new ArrayBuffer(0))
  private toView: DataView = new DataView(new ArrayBuffer(0))

  /** Copies bytes start to end of `from` to position `at` of `to`. */
  copy (from: Buffer, start: number, end: number, to: Buffer, at: number): void {
    const size = end - start
    if (size > LOOP_UP_TO) copyLong(from, start, end, to, at)
    else if (size >= WORDS_FROM && this.canView(from, to)) this.copyWords(start, end, at)
    else for (let i = start; i < end; i++) to[at++] = from[i]
  }

  private canView (from: Buffer, to: Buffer): boolean {
    if (from === this.from && to === this.to) return true
    if (from.length < VIEWED_FROM || to.length < VIEWED_FROM) return false
    this.from = from
    this.fromView = viewOf(from)
    this.to = to
    this.toView = viewOf(to)
    return true
  }

  private copyWords (start: number, end: number, at: number): void {
    const { fromView, toView } = this
    for (const last = end - 7; start < last; start += 8, at += 8) {
      toView.setInt32(at, fromView.getInt32(start, true), true)
      toView.setInt32(at + 4, fromView.getInt32(start + 4, true), true)
    }
    for (; start < end; start++) toView.setInt8(at++, fromView.getInt8(start))
  }
}
