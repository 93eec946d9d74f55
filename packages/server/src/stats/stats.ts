import { Status, type AddStat, type Answer } from '@memplug/engine'
import type { Core } from '../core.js'
import { addEngine } from './engine.js'
import { addGeneral } from './general.js'
import { addSettings } from './settings.js'
import { addSizes } from './sizes.js'

type Told = ReadonlyMap<string, string | number>

/** Groups every memcached has: an engine that knows nothing of them tells an empty one. */
const EXPECTED: readonly string[] = ['items', 'slabs', 'extstore']
/** Nobody asks on a connection. */
const NOBODY = 0

/** What the stats command tells, in either protocol. */
export class Stats {
  readonly #core: Core
  /** Each is asked for general statistics of a part of the server; its word is the last. */
  readonly tellers: ((add: AddStat) => void)[] = []

  constructor (core: Core) { this.#core = core }

  /**
   * Answers NOT_FOUND for a group that neither server nor engine knows. `asker` is the number of
   * the connection that asks.
   */
  collect (group: string, add: AddStat, asker = NOBODY): Answer {
    const core = this.#core
    switch (group) {
      case '': return this.#withEngine('', add, addGeneral)
      case 'settings': return this.#withEngine('settings', add, addSettings)
      case 'conns': return core.describeConnections(add, asker)
      case 'sizes': return addSizes(core, add)
      case 'engine':
        addEngine(core, add)
        return this.#collectFromEngine(group, add)
      case 'reset': return this.#reset()
      default: return this.#collectFromEngine(group, add)
    }
  }

  /** A group that the server tells, with what the engine has to say of it. */
  #withEngine (
    group: string, add: AddStat, tell: (core: Core, fromEngine: Told, add: AddStat) => void
  ): Answer {
    const told = new Map<string, string | number>()
    const finish = (status: Status) => {
      if (status !== Status.SUCCESS && status !== Status.NOT_FOUND) return status
      tell(this.#core, told, add)
      return Status.SUCCESS
    }
    const answer = this.#core.guard.getStats(group, (name, value) => { told.set(name, value) })
    return typeof answer === 'number' ? finish(answer) : answer.then(finish)
  }

  #collectFromEngine (group: string, add: AddStat): Answer {
    const finish = (status: Status) =>
      status === Status.NOT_FOUND && (EXPECTED.includes(group) || group === 'engine')
        ? Status.SUCCESS : status
    const answer = this.#core.guard.getStats(group, add)
    return typeof answer === 'number' ? finish(answer) : answer.then(finish)
  }

  /** memcached zeroes what counts events, and keeps what tells a state. */
  #reset (): Answer {
    const { shared, guard } = this.#core
    shared.reset()
    return guard.getStats('reset', () => {})
  }
}
