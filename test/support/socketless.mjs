/** A server without sockets: connection, protocol and engine, served by calls. */
import { OUTPUT_ROOM } from '@memplug/transport'
import { Clock, newEpoch } from '../../packages/server/dist/clock.js'
import { Connection } from '../../packages/server/dist/connection.js'
import { Core } from '../../packages/server/dist/core.js'
import { EngineHost } from '../../packages/server/dist/host.js'
import { defaults } from '../../packages/server/dist/options.js'
import { Shared } from '../../packages/server/dist/shared.js'

/** A server whose clients take at once whatever they are sent. */
export class Socketless {
  /** Initialized. */
  engine
  /** The latest reply; kept while it is watched for, which makes garbage. */
  lastReply = ''
  isWatched = true
  #core
  #link

  /** `name` is that of a built-in engine. */
  static async start (name, options = {}) {
    const { createEngine } = await import(`@memplug/${name}`)
    const server = new Socketless()
    const shared = new Shared(Shared.reserve(1), 0)
    const clock = new Clock(shared, newEpoch())
    const settings = { ...defaults, ...options }
    server.engine = createEngine()
    await server.engine.initialize(new EngineHost(settings, clock, 0, 1))
    const output = { bytes: Buffer.allocUnsafeSlow(OUTPUT_ROOM), start: 0, end: 0, flushes: 0 }
    server.#core = new Core(server.engine, settings, clock, output, shared)
    server.#link = server.#makeLink(output)
    return server
  }

  #makeLink (output) {
    return {
      remote: 'tcp:127.0.0.1:1',
      local: 'tcp:127.0.0.1:2',
      unsent: 0,
      flush: () => {
        if (this.isWatched && output.end > 0) {
          this.lastReply = output.bytes.toString('latin1', 0, output.end)
        }
        output.start = output.end = 0
        output.flushes++
      },
      sendHeld () { throw new Error('only short values are served here') },
      fill () {},
      pause () {},
      resume () {},
      end () {},
      destroy () {}
    }
  }

  /**
   * Answers a function that serves so many requests of a kind, as if they came in one read.
   * Throws if the first is not answered as it should.
   */
  batch (request, reply, count) {
    const connection = new Connection(this.#core, this.#link)
    connection.receive(request, 0, request.length)
    if (!reply.test(this.lastReply)) {
      throw new Error(`${request} was answered ${JSON.stringify(this.lastReply)}`)
    }
    const input = Buffer.concat(Array.from({ length: count }, () => request))
    return () => { connection.receive(input, 0, input.length) }
  }

  /** A batch for each request that matters, by its name. */
  batches (count) {
    const value = 'v'.repeat(100)
    const text = (line, reply) => this.batch(Buffer.from(`${line}\r\n`), reply, count)
    const binary = (request, reply) => this.batch(request, reply, count)
    return {
      'text set': text(`set a-value-- 7 1000 100\r\n${value}`, /^STORED/),
      'text get': text('get a-value--', /^VALUE a-value-- 7 100\r\nv{100}\r\nEND\r\n$/),
      'text gets of 5': text(`gets${' a-value--'.repeat(5)}`,
        /^(VALUE a-value-- .*\r\nv+\r\n){5}/),
      'text miss': text('get nothing', /^END/),
      'text counter': text('set a-counter 0 0 1\r\n1', /^STORED/),
      'text incr': text('incr a-counter 7', /^8\r\n$/),
      'text delete': text('delete nothing', /^NOT_FOUND/),
      'text touch': text('touch a-value-- 1000', /^TOUCHED/),
      'meta set': text(`ms a-value-- 100 T1000 F7 k c Oo\r\n${value}`,
        /^HD ka-value-- c\d+ Oo\r\n$/),
      'meta get': text('mg a-value-- v', /^VA 100\r\nv{100}\r\n$/),
      'meta get with flags': text('mg a-value-- t k f s c h l q Oabc v T1000 R30 N5',
        /^VA 100 t\d+ ka-value-- f7 s100 c\d+ h1 l\d+ Oabc\r\nv{100}\r\n$/),
      'meta get in base64': text('mg QUJD b k v N100', /^VA 0 kQUJD b W\r\n\r\n$/),
      'meta miss': text('mg nothing k Oq', /^EN knothing Oq\r\n$/),
      'meta incr': text('ma a-counter v t D7 J5 N0', /^VA \d+ t-1\r\n\d+\r\n$/),
      'meta delete': text('md nothing k Oo', /^NF knothing Oo\r\n$/),
      'binary set': binary(frame(0x01, 'a-value--', 8, value), /^\x81\x01\0{6}/),
      'binary get': binary(frame(0x00, 'a-value--', 0), /^\x81\0\0\0\x04.*v{100}$/s),
      'binary incr': binary(frame(0x05, 'a-counter', 20), /^\x81\x05\0{9}\x08/)
    }
  }
}

function frame (opcode, key, extras, value = '') {
  const header = Buffer.alloc(24)
  header[0] = 0x80
  header[1] = opcode
  header.writeUInt16BE(key.length, 2)
  header[4] = extras
  header.writeUInt32BE(key.length + extras + value.length, 8)
  header.writeUInt32BE(0xdeadbeef, 12)
  const body = Buffer.alloc(extras)
  // Of a counter it is the delta; of a set they are the flags.
  if (extras > 0) body[7] = 1
  return Buffer.concat([header, body, Buffer.from(key + value)])
}
