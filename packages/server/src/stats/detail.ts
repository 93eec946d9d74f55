import { Status } from '@memplug/engine'
import { putUnsigned64, putWord, type Sink } from '@memplug/protocol'
import type { Core } from '../core.js'
import type { Outcome, Task } from '../task.js'

const word = (text: string) => Buffer.from(text, 'latin1')
const PREFIX = word('PREFIX ')
const OTHER = word('other')
const GET = word(' get ')
const HIT = word(' hit ')
const SET = word(' set ')
const DELETE = word(' del ')
const END = word('\r\n')
const UNDERSCORE = 95
const HIGH = 2 ** 32

/** What a line takes at most: a prefix of 250 bytes and four numbers. */
export const DETAIL_ROOM = 384

/**
 * `stats detail dump`: a line for each prefix. What was not counted apart comes last, under a
 * name with the delimiter behind it, as no prefix has one. `room` answers where a line may be
 * written. There may be 10,000, so each is written without being a string first.
 */
export function tellDetail ({ shared, settings }: Core, room: () => Sink): void {
  shared.prefixes.forEach((prefix, [gets, hits, sets, deletes]) => {
    const sink = room()
    putWord(sink, PREFIX)
    if (prefix !== null) putPrefix(sink, prefix)
    else {
      putWord(sink, OTHER)
      sink.bytes[sink.end++] = settings.prefixDelimiter.charCodeAt(0)
    }
    putCount(sink, GET, gets)
    putCount(sink, HIT, hits)
    putCount(sink, SET, sets)
    putCount(sink, DELETE, deletes)
    putWord(sink, END)
  })
}

/** What would end a line, or a word, in a key of the binary protocol, becomes an underscore. */
function putPrefix (sink: Sink, prefix: Buffer): void {
  for (let i = 0; i < prefix.length; i++) {
    const byte = prefix[i]
    sink.bytes[sink.end++] = byte > 32 && byte !== 127 ? byte : UNDERSCORE
  }
}

function putCount (sink: Sink, name: Buffer, count: number): void {
  putWord(sink, name)
  putUnsigned64(sink, count | 0, Math.floor(count / HIGH))
}

/** A get or gat of one key, in either protocol. */
export function countGet ({ shared: { prefixes } }: Core, { op }: Task, outcome: Outcome): void {
  prefixes.countGet(op.key, op.keyStart, op.keyEnd, outcome === Status.SUCCESS)
}

/** A store whose line, or frame, is as it should be. */
export function countSet ({ shared: { prefixes } }: Core, { op }: Task): void {
  prefixes.countSet(op.key, op.keyStart, op.keyEnd)
}

export function countDelete ({ shared: { prefixes } }: Core, { op }: Task): void {
  prefixes.countDelete(op.key, op.keyStart, op.keyEnd)
}
