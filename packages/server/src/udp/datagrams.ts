import { Status } from '@memplug/engine'
import {
  errorBody, FRAME, putFrame, putWord, read32, REQUEST_MAGIC, words
} from '@memplug/protocol'
import type { Link, Receiver } from '@memplug/transport'
import { UdpTransport } from '@memplug/transport/udp'
import { Connection } from '../connection.js'
import type { Core } from '../core.js'

const REPLY_MAGIC = 0x81
const UPPER_A = 65
const UPPER_Z = 90

/** Requests over UDP: each datagram is a connection that lasts until its reply is sent. */
export function serveDatagrams (core: Core): UdpTransport {
  const { settings } = core
  return new UdpTransport(core.output, {
    replyLimit: settings.udpReplyLimit,
    replyRate: settings.udpReplyRate,
    accept: (link, datagram, start) => accept(core, link, datagram[start]),
    tooLong: (datagram, start) => refuse(datagram, start)
  })
}

/**
 * No command begins with a capital letter, and nearly every reply does: a reply that somebody
 * has sent here in another server's name is not answered, lest the two answer each other.
 */
function accept (core: Core, link: Link, first: number): Receiver | null {
  const isReply = first === REPLY_MAGIC || (first >= UPPER_A && first <= UPPER_Z)
  return isReply ? null : new Connection(core, link, true)
}

/** That the reply is too long, in the protocol of the request. */
function refuse (datagram: Buffer, at: number): Buffer {
  if (datagram[at] !== REQUEST_MAGIC || datagram.length - at < FRAME) return words.LONG_DATAGRAMS
  const body = errorBody(Status.TOO_LARGE)
  const sink = { bytes: Buffer.alloc(FRAME + body.length), end: 0 }
  const opaque = read32(datagram, at + 12)
  putFrame(sink, datagram[at + 1], Status.TOO_LARGE, 0, 0, body.length, opaque, 0, 0)
  putWord(sink, body)
  return sink.bytes
}
