import { Page } from './page.js'

const { PREVIOUS, NEXT, BITS } = Page

/** Lists of pages, each in one of them at most: their heads are words, the links in the records. */
export class PageLists {
  private readonly records: Int32Array
  private readonly heads: Int32Array

  constructor (records: Int32Array, heads: Int32Array) {
    this.records = records
    this.heads = heads
  }

  push (head: number, page: number): void {
    const base = page << BITS
    const next = this.heads[head]
    this.records[base + PREVIOUS] = 0
    this.records[base + NEXT] = next
    if (next !== 0) this.records[(next << BITS) + PREVIOUS] = page
    this.heads[head] = page
  }

  remove (head: number, page: number): void {
    const base = page << BITS
    const previous = this.records[base + PREVIOUS]
    const next = this.records[base + NEXT]
    if (previous !== 0) this.records[(previous << BITS) + NEXT] = next
    else this.heads[head] = next
    if (next !== 0) this.records[(next << BITS) + PREVIOUS] = previous
  }
}
