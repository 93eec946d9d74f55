import type { Connection } from './connection.js'
import type { Core } from './core.js'
import type { Task } from './task.js'

/** Gets of one multiget that are on their way at a time. */
const WINDOW = 128

/** The tasks of one connection that await their answer or their turn, in the order asked. */
export class Replies {
  readonly #tasks: Task[] = []

  get isEmpty (): boolean { return this.#tasks.length === 0 }
  get hasRoom (): boolean { return this.#tasks.length < WINDOW }

  add (task: Task): void { this.#tasks.push(task) }
  addFirst (task: Task): void { this.#tasks.unshift(task) }

  replace (task: Task, other: Task): void {
    this.#tasks[this.#tasks.indexOf(task)] = other
  }

  /** Finishes the tasks at the head that have settled. */
  finish (connection: Connection): void {
    while (this.#tasks[0]?.settled === true) {
      const task = this.#tasks.shift()!
      connection.finish(task, task.finish!, task.outcome)
    }
  }

  abandon (core: Core): void {
    for (const task of this.#tasks) core.waiting.abandon(task)
    this.#tasks.length = 0
  }
}
