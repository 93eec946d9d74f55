import { Status, type Answer, type Engine, type Host } from '@memplug/engine'
import { inTime } from './in-time.js'
import { loadEngine } from './loader.js'
import type { ServerSettings } from './options.js'

/** Makes the engine, not initialized. Rejects with an Error fit for an operator. */
export async function makeEngine (
  engine: ServerSettings['engine'], from: string
): Promise<Engine> {
  const create = typeof engine === 'string' ? await loadEngine(engine, from) : engine
  return create()
}

export async function startEngine (engine: Engine, host: Host): Promise<void> {
  await succeed(engine.initialize(host), 'starting the engine')
}

/** Rejects, too, if it takes longer than `limit` milliseconds. */
export async function stopEngine (engine: Engine, limit: number): Promise<void> {
  await succeed(inTime(engine.destroy(), limit, 'stopping the engine'), 'stopping the engine')
}

const statusNames = new Map<unknown, string>(
  Object.entries(Status).map(([name, value]) => [value, name]))

async function succeed (answer: Answer, what: string): Promise<void> {
  const status = await answer
  if (status === Status.SUCCESS) return
  throw new Error(`${what}: it answered ${statusNames.get(status) ?? String(status)}`)
}
