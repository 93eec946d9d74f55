import { performance } from 'node:perf_hooks'
import { Status, type Answer } from '@memplug/engine'
import type { Connection } from './connection.js'
import type { Core } from './core.js'
import { Hold, TIMED_OUT, type Task } from './task.js'

/** How often promises are checked for being overdue, in milliseconds. */
const PATROL = 50

/** The tasks whose engine call was answered with a promise. */
export class Waiting {
  readonly #core: Core
  readonly #timeout: number
  readonly #tasks = new Set<Task>()
  #patrol: NodeJS.Timeout | undefined
  /** Promises that have not settled, those nobody waits for among them. */
  unsettled = 0
  /** The server is closing: what takes long may end. */
  isDraining = false

  constructor (core: Core, timeout: number) {
    this.#core = core
    this.#timeout = timeout
  }

  /** Has the task's connection told when the promise settles, or when it is overdue. */
  add (task: Task, answer: Promise<Status>): void {
    task.settled = false
    task.abandoned = false
    task.deadline = performance.now() + this.#timeout
    this.#tasks.add(task)
    this.unsettled++
    this.#patrol ??= setInterval(() => { this.#checkOverdue() }, PATROL)
    void answer.then(
      status => { this.#settle(task, status) },
      () => { this.#settle(task, Status.INTERNAL) })
  }

  /** Has drain() wait for an answer that no connection waits for. */
  watch (answer: Answer): void {
    if (typeof answer === 'number') return
    this.unsettled++
    void answer.then(() => { this.unsettled-- })
  }

  /** Nobody waits for the task any more: its hold ends as soon as there is one. */
  abandon (task: Task): void {
    this.#tasks.delete(task)
    task.abandoned = true
    if (task.settled) this.#drop(task)
  }

  /** Settles when no promise is left, or after as long as one may take. */
  async drain (): Promise<void> {
    this.isDraining = true
    const end = performance.now() + this.#timeout
    while (this.unsettled > 0 && performance.now() < end) {
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    clearInterval(this.#patrol)
  }

  #settle (task: Task, status: Status): void {
    this.unsettled--
    this.#tasks.delete(task)
    task.outcome = status
    task.settled = true
    if (task.abandoned) this.#drop(task)
    else task.connection!.answered()
  }

  #drop (task: Task): void {
    const held = task.hold === Hold.ALWAYS ||
      (task.hold === Hold.ON_SUCCESS && task.outcome === Status.SUCCESS)
    if (held) this.#core.guard.release(task.op)
    this.#core.giveBack(task)
  }

  #giveUp (task: Task, connection: Connection): void {
    connection.replace(task, this.#core.newTask().standInFor(task, TIMED_OUT))
    this.abandon(task)
    this.#core.settings.log('warn', 'the engine did not answer in time')
    connection.answered()
  }

  #checkOverdue (): void {
    const now = performance.now()
    for (const task of this.#tasks) {
      if (task.deadline <= now) this.#giveUp(task, task.connection!)
    }
    if (this.#tasks.size > 0) return
    clearInterval(this.#patrol)
    this.#patrol = undefined
  }
}
