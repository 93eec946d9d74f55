import { Status, type Answer, type Engine, type Host } from '@memplug/engine'
import { loadEngine } from './loader.js'
import type { ServerSettings } from './options.js'

/** Makes and initializes the engine. Rejects with an Error fit for an operator. */
export async function startEngine (
  engine: ServerSettings['engine'], from: string, host: Host
): Promise<Engine> {
  const create = typeof engine === 'string' ? await loadEngine(engine, from) : engine
  const started = create()
  await succeed(started.initialize(host), 'starting the engine')
  return started
}

export async function stopEngine (engine: Engine): Promise<void> {
  await succeed(engine.destroy(), 'stopping the engine')
}

const statusNames = new Map<unknown, string>(
  Object.entries(Status).map(([name, value]) => [value, name]))

async function succeed (answer: Answer, what: string): Promise<void> {
  const status = await answer
  if (status === Status.SUCCESS) return
  throw new Error(`${what}: it answered ${statusNames.get(status) ?? String(status)}`)
}
