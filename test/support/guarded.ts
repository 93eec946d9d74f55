import { createServer, type Server, type ServerOptions } from '@memplug/server'
import { RawClient } from './client.js'
import { Folder } from './executable.js'

/** Servers that ask who one is, with their clients and the file of their users. */
export class Guarded {
  readonly folder = new Folder()
  readonly users = this.folder.join('users')
  readonly servers: Server[] = []
  readonly #clients: RawClient[] = []

  /** A server whose answers to wrong logins do not wait. */
  async start (options: ServerOptions): Promise<Server> {
    const server = await createServer({ port: 0, authDelay: 0, ...options })
    this.servers.push(server)
    return server
  }

  async connect (server: Server): Promise<RawClient> {
    const client = await RawClient.connect(server.port)
    this.#clients.push(client)
    return client
  }

  async end (): Promise<void> {
    for (const client of this.#clients.splice(0)) client.close()
    await Promise.all(this.servers.splice(0).map(server => server.close()))
  }
}
