import { createHash, randomBytes, randomInt, timingSafeEqual, type Hash } from 'node:crypto'
import { hostname } from 'node:os'

/**
 * CRAM-MD5, RFC 2195: the server sends a challenge, the client answers with its name and the
 * HMAC-MD5 of the challenge under its password, in hexadecimal.
 */

/** HMAC, RFC 2104, over MD5: bytes of a block, and what fills it up. */
const BLOCK = 64
const INNER = 0x36
const OUTER = 0x5c

/** Characters of an HMAC-MD5. */
const ANSWER = 32
const BLANK = 0x20

/** An OpenSSL in its FIPS mode has no MD5. */
export const hasMd5 = canHash()

/** '<number.time@host>', as RFC 2195 wants it. It serves once. */
export function makeChallenge (): Buffer {
  const number = `${randomDigits()}${randomDigits()}`
  return Buffer.from(`<${number}.${Math.floor(Date.now() / 1000)}@${hostname()}>`, 'latin1')
}

function randomDigits (): string { return String(randomInt(2 ** 48 - 1)).padStart(15, '0') }

/** The name and the answer of 'name answer'; null of what is not that. */
export function parseAnswer (message: Buffer): [name: Buffer, answer: Buffer] | null {
  const blank = message.lastIndexOf(BLANK)
  return blank < 1 || message.length - blank - 1 !== ANSWER ? null
    : [message.subarray(0, blank), message.subarray(blank + 1)]
}

/**
 * The passwords of users, each as the two states of MD5 that HMAC begins with: enough to check an
 * answer, and of no use to log in with PLAIN.
 */
export class Secrets {
  readonly #key = randomBytes(BLOCK)
  readonly #names: Buffer[]
  /** By place in #names and 1; the first are of nobody. */
  readonly #secrets: Secret[][]

  /** @param pairs name and password; a name may have several */
  constructor (pairs: readonly (readonly [name: string, password: string])[]) {
    const passwords = new Map<string, Set<string>>()
    for (const [name, password] of pairs) {
      const own = passwords.get(name)
      if (own === undefined) passwords.set(name, new Set([password]))
      else own.add(password)
    }
    const most = Math.max(1, ...[...passwords.values()].map(own => own.size))
    this.#names = [...passwords.keys()].map(name => this.#digest(Buffer.from(name, 'latin1')))
    this.#secrets = [[], ...[...passwords.values()].map(own =>
      [...own].map(password => new Secret(Buffer.from(password, 'latin1'))))]
    for (const own of this.#secrets) {
      while (own.length < most) own.push(new Secret(randomBytes(BLOCK)))
    }
  }

  /**
   * Whether that is the user's answer to the challenge. Takes as long for a name that nobody has:
   * every name is compared, in constant time, and as many answers are, of nobody if need be.
   */
  has (name: Buffer, challenge: Buffer, answer: Buffer): boolean {
    const given = this.#digest(name)
    let place = 0
    for (let at = 0; at < this.#names.length; at++) {
      place += (at + 1) * Number(timingSafeEqual(this.#names[at], given))
    }
    let matches = 0
    for (const secret of this.#secrets[place]) {
      matches += Number(timingSafeEqual(secret.answer(challenge), answer))
    }
    return matches > 0 && place > 0
  }

  #digest (name: Buffer): Buffer {
    return createHash('sha256').update(this.#key).update(name).digest()
  }
}

/** One password, as HMAC keys itself with it. */
class Secret {
  readonly #inner: Hash
  readonly #outer: Hash

  constructor (password: Buffer) {
    const key = Buffer.alloc(BLOCK)
    const isLong = password.length > BLOCK
    key.set(isLong ? createHash('md5').update(password).digest() : password)
    this.#inner = createHash('md5').update(key.map(byte => byte ^ INNER))
    this.#outer = createHash('md5').update(key.map(byte => byte ^ OUTER))
  }

  answer (challenge: Buffer): Buffer {
    const inner = this.#inner.copy().update(challenge).digest()
    return Buffer.from(this.#outer.copy().update(inner).digest('hex'), 'latin1')
  }
}

function canHash (): boolean {
  try {
    createHash('md5')
    return true
  } catch {
    return false
  }
}
