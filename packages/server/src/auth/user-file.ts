import { readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { getSystemErrorMap } from 'node:util'
import { hasMd5, Secrets } from './cram-md5.js'
import { parseSaslUsers, parseUsers, Users } from './users.js'

/** Bytes of a password file: as many users as there may be, and not a byte more. */
const LARGEST_FILE = 1 << 18

export type UserFileKind = 'ascii' | 'sasl'

/** A password file that was read. Whatever is bad throws an Error, in memcached's words. */
export class UserFile {
  users = new Users([])
  /** The same for CRAM-MD5, if SASL is to read them. */
  secrets: Secrets | null = null
  /** What stands in it. */
  text: string
  readonly #path: string
  readonly #kind: UserFileKind
  #stamp: string

  /** @param text what another thread has read */
  constructor (path: string, kind: UserFileKind, text?: string) {
    this.#path = path
    this.#kind = kind
    this.#stamp = text === undefined ? stampOf(path) : ''
    this.text = text ?? readText(path)
    this.take(this.text)
  }

  /** Reads the file anew. The users stay as they were if it throws. */
  reload (): void {
    const stamp = stampOf(this.#path)
    this.take(readText(this.#path))
    this.#stamp = stamp
  }

  /** The same, unless nothing has changed. */
  reloadIfChanged (): void {
    if (stampOf(this.#path) !== this.#stamp) this.reload()
  }

  /** Takes what another thread has read. */
  take (text: string): void {
    const pairs = this.#parse(text)
    this.users = new Users(pairs)
    if (this.#kind === 'sasl' && hasMd5) this.secrets = new Secrets(pairs)
    this.text = text
  }

  #parse (text: string): [name: string, password: string][] {
    try {
      return this.#kind === 'ascii' ? parseUsers(text) : parseSaslUsers(text, hostname())
    } catch (error) {
      throw new Error(`Authfile [${this.#path}] has ${(error as Error).message}`)
    }
  }
}

function readText (path: string): string {
  try {
    if (statSync(path).size > LARGEST_FILE) throw new RangeError('File too large')
    return readFileSync(path, 'latin1')
  } catch (error) {
    const { errno, message } = error as NodeJS.ErrnoException
    const reason = getSystemErrorMap().get(errno ?? 0)?.[1] ?? message
    throw new Error(`Could not open authfile [${path}] for reading, error ${reason}`)
  }
}

function stampOf (path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats === undefined ? '' : `${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`
}
