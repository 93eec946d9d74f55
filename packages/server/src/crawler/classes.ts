/** memcached numbers its classes from 1 to 63. */
const LAST = 63
const NUMBER = /^\s*\+?0*(\d{1,9})\s*$/

/** Which classes to crawl or dump; null for all. */
export type Classes = ReadonlySet<number> | null

/** Reads 'all', 'hash', which is all too, or numbers with commas; undefined for anything else. */
export function readClasses (text: string): Classes | undefined {
  if (text === 'all' || text === 'hash') return null
  const classes = new Set<number>()
  for (const part of text.split(',')) {
    if (part === '') continue
    const number = Number(NUMBER.exec(part)?.[1] ?? 0)
    if (number < 1 || number > LAST) return undefined
    classes.add(number)
  }
  return classes
}
