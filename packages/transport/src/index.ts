/**
 * Bytes in, bytes out: one interface over sockets. What few servers use is loaded by itself:
 * @memplug/transport/tls and @memplug/transport/udp.
 */
export { createTransport, type TransportName } from './choose.js'
export { copyBytes, forgetBytes, rememberBytes } from './copier.js'
export { loadAddon, type Addon } from './epoll-addon.js'
export { EpollTransport } from './epoll-transport.js'
export { NetTransport } from './net-transport.js'
export { canHandOver, OUTPUT_ROOM } from './transport.js'
export type {
  Accept, Address, Batch, HandingTransport, Link, Output, Receiver, Take, Transport
} from './transport.js'
