import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Users in one file, at most; memcached reads 8 and drops the rest without a word. */
export const MOST_USERS = 1024

/** Bytes of one line, its end not among them: memcached's limit. */
export const LONGEST_USER_LINE = 255

/** Who may log in. What is kept of a user cannot be turned back into the password. */
export class Users {
  readonly #key = randomBytes(32)
  readonly #digests: Buffer[]

  /** @param pairs name and password */
  constructor (pairs: readonly (readonly [name: string, password: string])[]) {
    this.#digests = pairs.map(([name, password]) =>
      this.#digest(Buffer.from(name, 'latin1'), Buffer.from(password, 'latin1')))
  }

  /**
   * Whether there is such a user with this password. Takes as long for a wrong name as for a
   * wrong password or a right one: every user is compared, and each in constant time.
   */
  has (name: Buffer, password: Buffer): boolean {
    const given = this.#digest(name, password)
    let matches = 0
    for (const digest of this.#digests) matches += Number(timingSafeEqual(digest, given))
    return matches > 0
  }

  /** Of both, so that neither can be tried alone. The length keeps "a", "bc" from "ab", "c". */
  #digest (name: Buffer, password: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(`${name.length}:`)
      .update(name).update(password).digest()
  }
}

/**
 * The users of a password file: lines 'user:password', empty ones apart. Throws an Error that
 * says which line is wrong, without what stands in it.
 */
export function parseUsers (text: string): [name: string, password: string][] {
  const pairs: [string, string][] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '') continue
    const colon = line.indexOf(':')
    const where = `a malformed entry in line ${index + 1}`
    if (colon < 1) throw new Error(`${where}. Should be 'user:password'`)
    if (line.length > LONGEST_USER_LINE) {
      throw new Error(`${where}. It is longer than ${LONGEST_USER_LINE} bytes`)
    }
    pairs.push([line.slice(0, colon), line.slice(colon + 1)])
    if (pairs.length > MOST_USERS) throw new Error(`more than ${MOST_USERS} users`)
  }
  return pairs
}

/**
 * The same for a file of SASL's: what stands behind a second colon may be left out of the
 * password, and a name at this host needs no host.
 */
export function parseSaslUsers (text: string, host: string): [name: string, password: string][] {
  const pairs = parseUsers(text)
  for (const [name, password] of [...pairs]) {
    const colon = password.indexOf(':')
    if (colon >= 0) pairs.push([name, password.slice(0, colon)])
  }
  const here = `@${host}`
  for (const [name, password] of [...pairs]) {
    if (name.endsWith(here)) pairs.push([name.slice(0, -here.length), password])
  }
  return pairs
}
