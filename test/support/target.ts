import { allEngines, engines, isSubstitute, startServer, transports } from './server.js'

export interface Target {
  readonly port: number
  stop (): Promise<unknown>
}

/** An engine, and what of a server lies between it and a client. */
export interface Way {
  readonly engine: string
  readonly transport: 'auto' | 'epoll' | 'net'
  readonly threads: number
  readonly title: string
}

const everyWay = (engine: string): Way[] => transports.flatMap(transport =>
  [1, 4].map(threads =>
    ({ engine, transport, threads, title: `${engine} over ${transport}, threads: ${threads}` })))

const straight = (engine: string): Way =>
  ({ engine, transport: 'auto', threads: 1, title: engine })

/** Both engines over every transport there is here, with one thread and with workers. */
export const allWays: readonly Way[] = isSubstitute ? engines.map(straight)
  : engines.flatMap(everyWay)

/** Every engine, and one of them every way. */
export const someWays: readonly Way[] = isSubstitute ? engines.map(straight)
  : [...everyWay('slab'), ...allEngines.filter(engine => engine !== 'slab').map(straight)]

/** A server within this process, or the substitute for memplug in a process of its own. */
export async function startTarget ({ engine, transport, threads }: Way): Promise<Target> {
  if (isSubstitute) return startServer(engine)
  const { createServer } = await import('@memplug/server')
  const server = await createServer({ engine, transport, threads, port: 0 })
  return { port: server.port, stop: () => server.close() }
}
