import type { Reassignment } from './reassignment.js'
import { LEAST_WINDOW, MOST_WINDOW, type Tuning } from './tuning.js'

const BAD_FORMAT = 'CLIENT_ERROR bad command line format'
const MOST_LEVEL = 2

/** slabs reassign SOURCE DESTINATION, and slabs automove, in memcached's words. */
export function obeySlabs (
  words: readonly string[], tuning: Tuning, reassignment: Reassignment
): string {
  if (words[1] === 'reassign' && words.length === 4) {
    return reassign(words[2], words[3], tuning, reassignment)
  }
  return words[1] === 'automove' && words.length > 2 ? automove(words, tuning) : 'ERROR'
}

function reassign (
  source: string, destination: string, tuning: Tuning, reassignment: Reassignment
): string {
  if (!tuning.reassign) return 'CLIENT_ERROR slab reassignment disabled'
  const from = readInteger(source)
  const to = readInteger(destination)
  return from === null || to === null ? BAD_FORMAT : reassignment.ask(from, to, true)
}

function automove (words: readonly string[], tuning: Tuning): string {
  const [, , what, given] = words
  switch (what) {
    case 'ratio': return setRatio(given, ratio => { tuning.ratio = ratio })
    case 'freeratio': return setRatio(given, ratio => { tuning.freeRatio = ratio })
    case 'window': return setWindow(given, tuning)
    default: return setLevel(what, tuning)
  }
}

function setRatio (given: string | undefined, set: (ratio: number) => void): string {
  const ratio = given === undefined ? null : readDecimal(given)
  if (ratio === null) return 'ERROR'
  set(ratio)
  return 'OK'
}

function setWindow (given: string | undefined, tuning: Tuning): string {
  const seconds = given === undefined ? null : readInteger(given)
  if (seconds === null) return 'ERROR'
  if (seconds < LEAST_WINDOW || seconds > MOST_WINDOW) {
    return 'CLIENT_ERROR automove window too low or too high'
  }
  tuning.window = seconds
  return 'OK'
}

function setLevel (given: string, tuning: Tuning): string {
  const level = readInteger(given)
  if (level === null || level < 0) return BAD_FORMAT
  if (level > MOST_LEVEL) return 'ERROR'
  tuning.automove = level
  return 'OK'
}

/** Takes an int32 as memcached does; null for anything else. */
function readInteger (text: string): number | null {
  const number = /^[+-]?\d{1,10}$/.test(text) ? Number(text) : NaN
  return (number | 0) === number ? number : null
}

function readDecimal (text: string): number | null {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null
}
