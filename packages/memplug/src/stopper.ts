import { constants } from 'node:os'
import { ExitCode } from './exit.js'
import type { Logger } from './logger.js'

const PATIENCE_MS = 2000
/** Under npm one Ctrl-C comes twice: from the terminal and, at once, from npm. */
const ECHO_MS = 200

/** `save`: the signal asks for what a warm restart needs. */
export type Close = (save: boolean) => Promise<void>

/** Ends the process when a signal or a fault says so. */
export class Stopper {
  readonly #logger: Logger
  #close: Close = () => Promise.resolve()
  #reload: (() => boolean) | null = null
  #stoppingSince = 0

  constructor (logger: Logger) {
    this.#logger = logger
  }

  /** From now on the signals are answered; closing is what there is to close by then. */
  watch (): void {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const) {
      process.on(signal, () => this.#onSignal(signal))
    }
    process.on('SIGHUP', () => { this.#onHangUp() })
    process.on('uncaughtException', fault => this.#onFault('uncaught exception', fault))
    process.on('unhandledRejection', fault => this.#onFault('unhandled rejection', fault))
  }

  closeWith (close: Close): void {
    this.#close = close
  }

  /** What SIGHUP does; false if it could not be done. It logs why. */
  reloadWith (reload: () => boolean): void {
    this.#reload = reload
  }

  #onHangUp (): void {
    const what = this.#reload === null ? 'there are neither users nor certificates to load anew'
      : this.#reload() ? 'loaded anew' : 'what is bad stays as it was'
    this.#logger.log('info', `SIGHUP: ${what}`)
  }

  #onSignal (signal: 'SIGINT' | 'SIGTERM' | 'SIGUSR1'): void {
    const now = performance.now()
    if (this.#stoppingSince > 0) {
      if (now - this.#stoppingSince > ECHO_MS) process.exit(128 + constants.signals[signal])
      return
    }
    this.#stoppingSince = now
    const isGraceful = signal === 'SIGUSR1'
    if (isGraceful) this.#logger.log('warn', 'Gracefully stopping')
    void this.#stop(isGraceful)
  }

  async #stop (save: boolean): Promise<void> {
    let exitCode = 0
    const deadline = setTimeout(() => {
      this.#logger.log('warn', `not closed after ${PATIENCE_MS} ms: leaving`)
      void this.#exit(0)
    }, PATIENCE_MS)
    try {
      await this.#close(save)
      this.#logger.log('info', 'Exiting normally')
    } catch (fault) {
      this.#logger.log('error', 'fault while closing', fault)
      // What was to be saved is lost: whoever starts the next server should know.
      if (save) exitCode = ExitCode.OS
    }
    clearTimeout(deadline)
    await this.#exit(exitCode)
  }

  #onFault (what: string, fault: unknown): void {
    this.#logger.log('error', what, fault)
    void this.#exit(ExitCode.SOFTWARE)
  }

  async #exit (exitCode: number): Promise<void> {
    await this.#logger.open()
    process.exit(exitCode)
  }
}
