/** Splits a command line into tokens, which blanks alone separate. */

const BLANK = 32
const NEWLINE = 10
const RETURN = 13

/** No classic command has more than 8 that matter; of a meta command 20 are allowed. */
const MOST_TOKENS = 24

/** The tokens of one line, and where the next line starts. Made once and used again. */
export class Line {
  /** Tokens on the line. Those past `starts.length` are counted, and only the last is kept. */
  count = 0
  readonly starts = new Int32Array(MOST_TOKENS)
  readonly ends = new Int32Array(MOST_TOKENS)
  lastStart = 0
  lastEnd = 0
  /** Just after the newline. */
  next = 0

  /**
   * Reads the line that starts at `start`; false if its newline is not among the bytes up to
   * `end`. A line ends with a newline; one return before it is no part of the line.
   */
  read (bytes: Buffer, start: number, end: number): boolean {
    this.count = 0
    let at = start
    for (;;) {
      while (at < end && bytes[at] === BLANK) at++
      const tokenStart = at
      let byte = 0
      while (at < end && (byte = bytes[at]!) !== BLANK && byte !== NEWLINE) at++
      if (at === end) return false
      let tokenEnd = at
      if (byte === NEWLINE && tokenEnd > tokenStart && bytes[tokenEnd - 1] === RETURN) tokenEnd--
      if (tokenEnd > tokenStart) this.#add(tokenStart, tokenEnd)
      if (byte === NEWLINE) {
        this.next = at + 1
        return true
      }
    }
  }

  #add (start: number, end: number): void {
    if (this.count < MOST_TOKENS) {
      this.starts[this.count] = start
      this.ends[this.count] = end
    }
    this.lastStart = start
    this.lastEnd = end
    this.count++
  }

  /** Whether token `index` is this word. */
  is (bytes: Buffer, index: number, word: Buffer): boolean {
    if (index >= this.count || index >= MOST_TOKENS) return false
    return equals(bytes, this.starts[index], this.ends[index], word)
  }

  lastIs (bytes: Buffer, word: Buffer): boolean {
    return equals(bytes, this.lastStart, this.lastEnd, word)
  }
}

function equals (bytes: Buffer, start: number, end: number, word: Buffer): boolean {
  if (end - start !== word.length) return false
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false
  return true
}
