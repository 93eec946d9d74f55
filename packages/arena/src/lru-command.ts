import type { Lru } from './lru.js'

const MOST_PERCENT = 80

/** lru tune|mode|temp_ttl, in memcached's words. */
export function obeyLru (words: readonly string[], lru: Lru): string {
  const [, what, ...given] = words
  if (what === 'tune' && given.length >= 4) return tune(given, lru)
  // Without the maintainer, nothing would move items to where they belong then.
  if (!lru.maintained || given.length === 0) return 'ERROR'
  if (what === 'mode') return setMode(given[0], lru)
  return what === 'temp_ttl' ? setTemporary(given[0], lru) : 'ERROR'
}

function tune ([hot, warm, hotFactor, warmFactor]: readonly string[], lru: Lru): string {
  const percents = [hot, warm].map(text => /^\d{1,9}$/.test(text) ? Number(text) : NaN)
  const factors = [hotFactor, warmFactor].map(text =>
    /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN)
  if ([...percents, ...factors].some(Number.isNaN)) return 'ERROR'
  if (percents[0] + percents[1] > MOST_PERCENT) {
    return 'ERROR hot and warm pcts must not exceed 80'
  }
  if (factors.some(factor => factor <= 0)) {
    return 'ERROR hot/warm age factors must be greater than 0'
  }
  lru.hotPercent = percents[0]!
  lru.warmPercent = percents[1]!
  lru.hotFactor = factors[0]!
  lru.warmFactor = factors[1]!
  return 'OK'
}

function setMode (mode: string, lru: Lru): string {
  if (mode !== 'flat' && mode !== 'segmented') return 'ERROR'
  lru.segmented = mode === 'segmented'
  return 'OK'
}

function setTemporary (text: string, lru: Lru): string {
  if (!/^[+-]?\d{1,10}$/.test(text) || (Number(text) | 0) !== Number(text)) return 'ERROR'
  lru.temporary = Number(text) >= 0
  if (lru.temporary) lru.temporaryTtl = Number(text)
  return 'OK'
}
