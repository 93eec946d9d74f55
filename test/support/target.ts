import { isSubstitute, startServer } from './server.js'

export interface Target {
  readonly port: number
  stop (): Promise<unknown>
}

/** A server within this process, or the substitute for memplug in a process of its own. */
export async function startTarget (engine: string): Promise<Target> {
  if (isSubstitute) return startServer(engine)
  const { createServer } = await import('@memplug/server')
  const server = await createServer({ engine, port: 0 })
  return { port: server.port, stop: () => server.close() }
}
