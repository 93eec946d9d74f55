import type { Link, Receiver, Transport } from '@memplug/transport'
import { Peer } from './peer.js'
import { Echo, Recorder } from './receivers.js'
import type { Kind } from './transports.js'

export const LOCAL = { host: '127.0.0.1', port: 0 }
export const BACKLOG = 1024

/** A transport, and clients of it in the same process. */
export class Stage {
  transport!: Transport
  readonly peers: Peer[] = []

  open (kind: Kind): void { this.transport = kind.create() }

  async close (): Promise<void> {
    for (const peer of this.peers.splice(0)) peer.close()
    await this.transport.close()
  }

  async connect (address: string): Promise<Peer> {
    const peer = await Peer.connect(address)
    this.peers.push(peer)
    return peer
  }

  /** Listens on a free port; what make() answers for each connection goes to the list, too. */
  listen<R extends Receiver> (make: (link: Link) => R, list: R[] = []): Promise<string> {
    return this.transport.listen(LOCAL, BACKLOG, link => {
      const receiver = make(link)
      list.push(receiver)
      return receiver
    })
  }

  listenForEchoes (list: Echo[] = []): Promise<string> {
    return this.listen(link => new Echo(link, this.transport.output), list)
  }

  listenForRecorders (list: Recorder[] = []): Promise<string> {
    return this.listen(link => new Recorder(link, this.transport.output), list)
  }

  /** Both ends of a new connection. */
  async pair (): Promise<[Recorder, Peer]> {
    const recorders: Recorder[] = []
    const peer = await this.connect(await this.listenForRecorders(recorders))
    peer.write('?')
    while (recorders[0]?.length !== 1) await new Promise(setImmediate)
    recorders[0].chunks.length = recorders[0].length = recorders[0].events.length = 0
    return [recorders[0], peer]
  }

  /** Others are served so many times: what could have happened by now has happened. */
  async turns (count = 3): Promise<void> {
    const peer = await this.connect(await this.listenForEchoes())
    for (let i = 0; i < count; i++) {
      peer.write('turn')
      if (await peer.readText(4) !== 'turn') throw new Error('no turn')
    }
  }
}
