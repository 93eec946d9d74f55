import { Client } from './client.js'
import type { Print } from './tool.js'

/** What `lru_crawler metadump` tells of an item. */
const ITEM = /^key=(\S+) exp=(-?\d+) /
/** Memory for the keys of a dump is bounded by asking for so many values at a time. */
const BATCH = 1000

/** A line for each item, as the server tells it. */
export async function listKeys (client: Client, print: Print, limit: number): Promise<void> {
  process.stderr.write(`Dumping memcache keys${limiting(limit)}\n`)
  for await (const line of itemsOf(client, limit)) await print(`${line}\n`)
}

/** Commands that add the items to another server. */
export async function dump (client: Client, print: Print, limit: number): Promise<void> {
  process.stderr.write(`Dumping memcache contents${limiting(limit)}\n`)
  // A second connection, as values are asked for while the items are still being listed.
  const reader = await Client.connect(client.name)
  let unreadable = 0
  try {
    let batch: Item[] = []
    for await (const line of itemsOf(client, limit)) {
      const item = readItem(line)
      if (item === undefined) unreadable++
      else batch.push(item)
      if (batch.length < BATCH) continue
      await dumpItems(reader, print, batch)
      batch = []
    }
    await dumpItems(reader, print, batch)
  } finally {
    reader.close()
  }
  if (unreadable > 0) process.stderr.write(`${unreadable} keys can't be asked for in text\n`)
}

interface Item {
  /** In latin1. */
  readonly key: string
  readonly expires: number
}

function limiting (limit: number): string {
  return limit === Infinity ? '' : ` (limiting to ${limit} keys)`
}

async function * itemsOf (client: Client, limit: number): AsyncGenerator<string> {
  client.send('lru_crawler metadump all\r\n')
  let count = 0
  for await (const line of client.lines()) {
    if (!ITEM.test(line)) continue
    yield line
    if (++count >= limit) return
  }
}

/** Undefined for a key with blanks or control characters in it. */
function readItem (line: string): Item | undefined {
  const [, text, expires] = ITEM.exec(line)!
  const key = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)))
  return /^[^\0-\x20\x7f]{1,250}$/.test(key) ? { key, expires: Math.max(0, Number(expires)) }
    : undefined
}

async function dumpItems (client: Client, print: Print, items: readonly Item[]): Promise<void> {
  client.send(items.map(({ key }) => `get ${key}\r\n`).join(''))
  for (const { key, expires } of items) {
    for await (const line of client.lines()) {
      const [, flags, length] = /^VALUE \S+ (\d+) (\d+)/.exec(line)!
      const value = await client.bytes(Number(length) + 2)
      await print(Buffer.concat([
        Buffer.from(`add ${key} ${flags} ${expires} ${length}\r\n`, 'latin1'), value
      ]))
    }
  }
}
