/** What is saved beside the engine's memory. */
export interface Saved {
  readonly flags: Readonly<Record<string, unknown>>
  /** Of the engine's shared tree. */
  readonly shape: string
  /** Unix time of the clock's 0. */
  readonly epoch: number
  /** The clock's time. */
  readonly now: number
  /** When a delayed flush_all is due, or 0. */
  readonly flushAt: number
}

/** Throws an Error if it is something else. */
export function readSaved (header: unknown): Saved {
  const saved = header as Partial<Saved> | null
  if (typeof saved?.flags !== 'object' || typeof saved.shape !== 'string' ||
    ![saved.epoch, saved.now, saved.flushAt].every(isTime)) {
    throw new Error('another version of memplug has saved it')
  }
  return saved as Saved
}

function isTime (value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
