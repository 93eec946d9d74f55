import { loadAddon, type Addon } from './epoll-addon.js'
import { EpollTransport } from './epoll-transport.js'
import { NetTransport } from './net-transport.js'
import type { Notify, Transport } from './transport.js'

export type TransportName = 'auto' | 'epoll' | 'net'

/** Throws an Error if it is to be epoll and there is none; `auto` is net then, and logs why. */
export function createTransport (name: TransportName, notify: Notify): Transport {
  if (name === 'net') return new NetTransport(notify)
  const addon = tryToLoad()
  if (!(addon instanceof Error)) {
    if (name === 'auto') notify('info', 'transport epoll: the native addon is there')
    return new EpollTransport(addon, notify)
  }
  if (name === 'epoll') {
    throw new Error(`the transport epoll is not available: ${addon.message}`, { cause: addon })
  }
  notify('info', `transport net: ${addon.message}`)
  return new NetTransport(notify)
}

function tryToLoad (): Addon | Error {
  try {
    return loadAddon()
  } catch (error) {
    return error as Error
  }
}
