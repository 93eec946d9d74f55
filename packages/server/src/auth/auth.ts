import process from 'node:process'
import type { Connection } from '../connection.js'
import { Counter } from '../counters.js'
import type { SaslMechanism, ServerSettings } from '../options.js'
import { hasMd5 } from './cram-md5.js'
import { hostOf, Throttle } from './throttle.js'
import { UserFile, type UserFileKind } from './user-file.js'

/** Bytes of a name and a password with what goes between and around, at most. */
export const LONGEST_LOGIN = 16384

/** Whether somebody is who he says, by the file of users. */
export type Proof = (file: UserFile) => boolean

/** Who may use the server. One per thread; thread 0 reads the file for the others. */
export class Auth {
  readonly kind: UserFileKind
  /** SASL's, in the order in which they are told. */
  readonly mechanisms: readonly SaslMechanism[]
  readonly #file: UserFile
  readonly #settings: ServerSettings
  #throttle: Throttle | undefined

  /**
   * Null where everybody may. Throws an Error for the operator if the file is bad.
   * @param text what thread 0 has read
   */
  static of (settings: ServerSettings, text?: string): Auth | null {
    const { authFile, saslFile } = settings
    if (authFile !== undefined) return new Auth(new UserFile(authFile, 'ascii', text), settings)
    return saslFile === undefined ? null : new Auth(openSasl(saslFile, settings, text), settings)
  }

  private constructor (file: UserFile, settings: ServerSettings) {
    this.kind = settings.authFile === undefined ? 'sasl' : 'ascii'
    this.mechanisms = settings.saslMechanisms.filter(name => name !== 'CRAM-MD5' || hasMd5)
    this.#file = file
    this.#settings = settings
  }

  /** What stands in the file. */
  get text (): string { return this.#file.text }

  /** Reads the file anew. A bad one is logged, and changes nothing. */
  reload (): boolean {
    return this.#tryTo('error', () => { this.#file.reload() })
  }

  /** Takes what thread 0 has read. */
  take (text: string): void {
    this.#tryTo('error', () => { this.#file.take(text) })
  }

  /**
   * Tells `done` whether the user may. After failures from the same place this takes a while,
   * in which the connection is not read.
   */
  check (connection: Connection, proof: Proof, done: (may: boolean) => void): void {
    const host = hostOf(connection.link.remote)
    const wait = this.#throttleOf(connection).waitFor(host, now())
    const decide = () => { done(this.#decide(connection, host, proof)) }
    if (wait <= 0) decide()
    else connection.delay(wait, decide)
  }

  /** An attempt that fails before there is a name. */
  fail (connection: Connection): void {
    this.#count(connection, false, hostOf(connection.link.remote))
  }

  #decide (connection: Connection, host: string, proof: Proof): boolean {
    // memcached reads SASL's file for each login: a new user needs no signal.
    if (this.kind === 'sasl') this.#tryTo('warn', () => { this.#file.reloadIfChanged() })
    const may = proof(this.#file)
    this.#count(connection, may, host)
    return may
  }

  #count (connection: Connection, may: boolean, host: string): void {
    const { counters } = connection.core
    const throttle = this.#throttleOf(connection)
    counters[Counter.auth_cmds]++
    if (may) {
      throttle.succeeded(host)
      return
    }
    counters[Counter.auth_errors]++
    throttle.failed(host, now())
  }

  #throttleOf ({ core: { shared } }: Connection): Throttle {
    const { authDelay, authMaxDelay } = this.#settings
    return this.#throttle ??= new Throttle(shared.memory.logins, authDelay, authMaxDelay)
  }

  #tryTo (level: 'warn' | 'error', load: () => void): boolean {
    try {
      load()
      return true
    } catch (error) {
      this.#settings.log(level, `${(error as Error).message}: the users stay as they were`)
      return false
    }
  }
}

/** Milliseconds of a clock that is the same on all threads. */
function now (): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

/** SASL's file may come later: nobody may log in before. */
function openSasl (path: string, settings: ServerSettings, text?: string): UserFile {
  try {
    return new UserFile(path, 'sasl', text)
  } catch (error) {
    settings.log('warn', `${(error as Error).message}: nobody can log in`)
    return new UserFile(path, 'sasl', '')
  }
}
