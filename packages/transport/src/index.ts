/** Bytes in, bytes out: one interface over sockets. */
export { NetTransport } from './net-transport.js'
export { OUTPUT_ROOM } from './transport.js'
export type { Accept, Address, Link, Output, Receiver, Transport } from './transport.js'
