import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ExitCode, StartError } from './exit.js'
import { reasonOf } from './failure.js'

/**
 * A file that is there, whole, only while memplug listens. It is written under another name
 * before the start, so that a place that can't be written ends the start early.
 */
export class PidFile {
  readonly #path: string
  readonly #text = `${process.pid}\n`

  constructor (path: string) {
    this.#path = resolve(path)
    try {
      writeFileSync(`${path}.tmp`, this.#text)
    } catch (error) {
      throw new StartError(ExitCode.OS,
        `Could not open the pid file ${path}.tmp for writing: ${reasonOf(error)}`, error)
    }
    process.on('exit', () => this.#remove())
  }

  publish (): void {
    renameSync(`${this.#path}.tmp`, this.#path)
  }

  #remove (): void {
    try {
      rmSync(`${this.#path}.tmp`, { force: true })
      if (readFileSync(this.#path, 'utf8') === this.#text) rmSync(this.#path)
    } catch {
      // It is gone, or -u gave up the right to remove it: a stale file is no reason to fail.
    }
  }
}
