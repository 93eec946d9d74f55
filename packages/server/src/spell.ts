/** Bytes of a log line, at most. */
const LONGEST = 512

/** Bytes for the log: none that a terminal would obey, and without the line end. */
export function spell (bytes: Buffer, start: number, end: number): string {
  const text = JSON.stringify(bytes.toString('latin1', start, Math.min(end, start + LONGEST)))
  return text.slice(1, -1).replace(/(\\r)?\\n$/, '')
}
