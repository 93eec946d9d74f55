/** What `stats`, `stats items` and `stats slabs` told, name by name. */
export type Stats = ReadonlyMap<string, string>

/** One server, twice. */
export interface Sample {
  readonly host: string
  readonly before: Stats
  readonly now: Stats
  /** Seconds between the two. */
  readonly seconds: number
}

export type Cell = number | string | undefined

/** Undefined where there is nothing to tell. */
type Read = (name: string) => number | undefined

const computed = new Map<string, (read: Read) => number | undefined>([
  ['hit_rate', read => ratio(read('get_hits'), sum(read('get_hits'), read('get_misses')))],
  ['fill_rate', read => ratio(read('bytes'), read('limit_maxbytes'))]
])

/**
 * A column's value: what has been since the last time, per second, or with all_ in front what the
 * server tells; hit_rate and fill_rate are shares, of the same.
 */
export function cellOf (column: string, sample: Sample): Cell {
  if (column === 'hostname') return sample.host
  const isWhole = column.startsWith('all_')
  const name = isWhole ? column.slice(4) : column
  const read: Read = name => isWhole ? numberIn(sample.now, name) : rate(sample, name)
  const compute = computed.get(name)
  if (compute !== undefined) return compute(read)
  return read(name) ?? (isWhole ? sample.now.get(name) : undefined)
}

/** Shares are no sums. */
export function canTotal (column: string): boolean {
  return !isShare(column)
}

/** A number with commas, or in percent; `NA` where there is none. */
export function format (column: string, cell: Cell): string {
  if (cell === undefined) return 'NA'
  if (typeof cell === 'string') return cell
  if (isShare(column)) return `${(cell * 100).toFixed(2)}%`
  return String(Math.trunc(cell)).replace(/\B(?=(\d{3})+$)/g, ',')
}

function isShare (column: string): boolean {
  return computed.has(column.replace(/^all_/, ''))
}

function numberIn (stats: Stats, name: string): number | undefined {
  const text = stats.get(name)
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}

function rate ({ before, now, seconds }: Sample, name: string): number | undefined {
  const [then, current] = [numberIn(before, name), numberIn(now, name)]
  if (then === undefined || current === undefined || seconds <= 0) return undefined
  return (current - then) / seconds
}

function sum (a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b
}

function ratio (part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined || whole === 0 ? undefined : part / whole
}
