import type { SharedTable, Table } from './table.js'

/**
 * Remembers the hashes of items that were evicted lately, about half as many as there are items
 * or more. An item that comes back soon after it was evicted deserves to be spared once: without
 * that, a new working set could fail to drive out an old one that nobody asks for any more,
 * since the hand may stand where each new item is evicted before it is asked for again.
 *
 * Threads write without a lock: a hash that is lost costs nothing but a miss.
 */
export class Ghosts {
  private readonly hashes: Int32Array
  private readonly table: Table

  static reserve (table: SharedTable): SharedArrayBuffer {
    return new SharedArrayBuffer(table.buckets.byteLength)
  }

  constructor (shared: SharedArrayBuffer, table: Table) {
    this.hashes = new Int32Array(shared)
    this.table = table
  }

  add (hash: number): void {
    this.hashes[hash & this.mask] = hash
  }

  has (hash: number): boolean {
    return this.hashes[hash & this.mask] === hash
  }

  /** The table grows with the items, and with it the memory of those that went. */
  private get mask (): number {
    return (0x80000000 >>> Math.clz32(this.table.used)) - 1
  }
}
