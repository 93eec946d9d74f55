import { Status, type AddStat, type Answer } from '@memplug/engine'
import type { Core } from '../core.js'
import { addGeneral } from './general.js'
import { addSettings } from './settings.js'

/** Groups every memcached has: an engine that knows nothing of them tells an empty one. */
const EXPECTED: readonly string[] = ['items', 'slabs', 'sizes']

/** What the stats command tells, in either protocol. */
export class Stats {
  readonly #core: Core

  constructor (core: Core) { this.#core = core }

  /** Answers NOT_FOUND for a group that neither server nor engine knows. */
  collect (group: string, add: AddStat): Answer {
    const core = this.#core
    switch (group) {
      case '': return this.#collectGeneral(add)
      case 'settings': addSettings(core, add); return Status.SUCCESS
      case 'conns': return core.describeConnections(add)
      case 'reset': return this.#reset()
      default: return this.#collectFromEngine(group, add)
    }
  }

  #collectGeneral (add: AddStat): Answer {
    const told = new Map<string, string | number>()
    const finish = (status: Status) => {
      if (status === Status.SUCCESS) addGeneral(this.#core, told, add)
      return status
    }
    const answer = this.#core.guard.getStats('', (name, value) => { told.set(name, value) })
    return typeof answer === 'number' ? finish(answer) : answer.then(finish)
  }

  #collectFromEngine (group: string, add: AddStat): Answer {
    const finish = (status: Status) =>
      status === Status.NOT_FOUND && EXPECTED.includes(group) ? Status.SUCCESS : status
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
