import { canTotal, cellOf, format, type Cell, type Sample } from './columns.js'

/** Lines as damemtop's: the columns' names, their totals and averages, and each server's. */
export function tableOf (
  samples: readonly Sample[], columns: readonly string[], sortBy: string
): string[] {
  const rows = samples.map(sample => columns.map(column => cellOf(column, sample)))
  const at = Math.max(0, columns.indexOf(sortBy))
  rows.sort((a, b) => compare(a[at], b[at]))
  const sums = columns.map((_, i) => sumOf(rows.map(row => row[i])))
  const averages = sums.map(({ sum, count }) => count === 0 ? undefined : sum / count)
  const totals = sums.map(({ sum, count }, i) =>
    count === 0 || !canTotal(columns[i]) ? undefined : sum)
  const text = (row: readonly Cell[]): string[] => row.map((cell, i) => format(columns[i], cell))
  return align([
    [...columns], ['TOTAL:'], text(totals), ['AVERAGE:'], text(averages), ...rows.map(text)
  ])
}

function sumOf (cells: readonly Cell[]): { sum: number, count: number } {
  const numbers = cells.filter(cell => typeof cell === 'number')
  return { sum: numbers.reduce((sum, number) => sum + number, 0), count: numbers.length }
}

function compare (a: Cell, b: Cell): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return String(a ?? '') < String(b ?? '') ? -1 : 1
}

function align (rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, i) => Math.max(...rows.map(row => (row[i] ?? '').length)))
  return rows.map(row => row.map((cell, i) => cell.padEnd(widths[i] + 1)).join(' ').trimEnd())
}
