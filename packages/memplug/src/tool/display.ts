import type { Client } from './client.js'

const HEAD = '  #  Item_Size  Max_age   Pages   Count   Full?  Evicted Evict_Time OOM\n'

/** One line for each size class that has pages. */
export async function displayOf (client: Client): Promise<string> {
  const classes = new Map<number, Map<string, number>>()
  const add = (number: string, name: string, value: string): void => {
    const known = classes.get(Number(number)) ?? new Map<string, number>()
    classes.set(Number(number), known.set(name, Number(value)))
  }
  for (const [name, value] of await client.stats('items')) {
    const [, number, field] = /^items:(\d+):(\w+)$/.exec(name) ?? []
    if (number !== undefined) add(number, field, value)
  }
  for (const [name, value] of await client.stats('slabs')) {
    const [, number, field] = /^(\d+):(\w+)$/.exec(name) ?? []
    if (number !== undefined) add(number, field, value)
  }
  return HEAD + [...classes].sort(([a], [b]) => a - b).map(([number, stats]) =>
    lineOf(number, name => stats.get(name) ?? 0)).join('')
}

function lineOf (number: number, stat: (name: string) => number): string {
  if (stat('total_pages') === 0) return ''
  const size = stat('chunk_size')
  const cells: [string | number, number][] = [
    [number, 3],
    [size < 1024 ? `${size}B` : `${tenthsOf(size / 1024)}K`, 8],
    [`${stat('age')}s`, 10],
    [stat('total_pages'), 7],
    [stat('number'), 7],
    [stat('used_chunks') === stat('total_chunks') ? 'yes' : 'no', 7],
    [stat('evicted'), 8],
    [stat('evicted_time'), 8],
    [stat('outofmemory'), 4]
  ]
  return `${cells.map(([text, width]) => String(text).padStart(width)).join(' ')}\n`
}

/** As printf rounds: a tie to the even digit. */
function tenthsOf (value: number): string {
  const tenths = value * 10
  const whole = Math.floor(tenths)
  const isTie = tenths - whole === 0.5
  return ((isTie ? whole + whole % 2 : Math.round(tenths)) / 10).toFixed(1)
}
