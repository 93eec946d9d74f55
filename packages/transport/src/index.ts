/** Bytes in, bytes out: one interface over sockets. */
export { createTransport, type TransportName } from './choose.js'
export { copyBytes, forgetBytes, rememberBytes } from './copier.js'
export { loadAddon, type Addon } from './epoll-addon.js'
export { EpollTransport } from './epoll-transport.js'
export { NetTransport } from './net-transport.js'
export { canHandOver, OUTPUT_ROOM } from './transport.js'
export type {
  Accept, Address, Batch, HandingTransport, Link, Output, Receiver, Take, Transport
} from './transport.js'
export {
  LONGEST_UDP_REPLY, NEVER_ANSWERED, UDP_DATAGRAM, UDP_HEADER, UdpTransport, type UdpOptions
} from './udp-transport.js'
export {
  TlsTransport, type ClientCertificate, type TlsListening, type TlsOptions
} from './tls-transport.js'
