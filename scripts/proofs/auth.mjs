/** Those who have not logged in, and what they can find out. */
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { Client, expect } from './client.mjs'
import { startServer } from './server.mjs'
import { compare, LEAKS } from './timing.mjs'

const HEADER = 24
const DENIED = 0x20
const CONTINUE = 0x21
const VERSION = 0x0b
const SASL_LIST = 0x20
const SASL_AUTH = 0x21
const SASL_STEP = 0x22
const OPEN = [VERSION, SASL_LIST, SASL_AUTH, SASL_STEP]

const UNAUTHENTICATED = 'CLIENT_ERROR unauthenticated\r\n'
const FAILURE = 'CLIENT_ERROR authentication failure\r\n'
const PASSWORD = 'p'.repeat(32)
const nameOf = at => `user${String(at).padStart(6, '0')}`

/** Each command, in a form that would be served. */
const LINES = [
  'get a', 'gets a', 'bget a', 'gat 0 a', 'gats 0 a', 'add a 0 0 0', 'replace a 0 0 0',
  'append a 0 0 0', 'prepend a 0 0 0', 'cas a 0 0 0 1', 'incr a 1', 'decr a 1', 'delete a',
  'touch a 0', 'flush_all', 'version', 'verbosity 0', 'stats', 'stats settings', 'stats items',
  'stats slabs', 'stats conns', 'stats sizes', 'stats detail dump', 'stats reset', 'quit', 'mn',
  'me a', 'mg a', 'md a', 'ma a', 'slabs automove 1', 'slabs reassign 1 2', 'lru mode flat',
  'lru_crawler crawl all', 'lru_crawler metadump all', 'lru_crawler mgdump all',
  'cache_memlimit 100', 'watch', 'shutdown', 'refresh_certs', 'debugtime p', 'debugitem ref a'
]

/** How users are named and wrong passwords are: what may not show in the time that it takes. */
const guesses = users => ({
  'a name that nobody has': () => ['userxxxxxx', 'q'.repeat(32)],
  'the first user': () => [nameOf(0), 'q'.repeat(32)],
  'the last user': () => [nameOf(users - 1), 'q'.repeat(32)],
  'a user and all but one byte of the password': () => [nameOf(0), `${PASSWORD.slice(1)}q`]
})

export const auth = {
  full: { samples: 50_000, logins: 10_000, users: 256 },
  small: { samples: 4000, logins: 500, users: 64 },
  server: ({ users }) => ({ authFile: writeUsers(users), authDelay: 0, shutdownCommand: true }),

  async prove (server, { samples, logins, users }, report, { authFile, ...options }) {
    report('text commands served before a login', await countServed(server), 0)
    report('wrong logins that opened something', await guess(server, logins), 0)
    const other = await startServer({ ...options, saslFile: authFile })
    try {
      report('opcodes served before a login', await countOpcodes(other), 0)
      const ways = {
        'the text protocol': await byText(server),
        'SASL PLAIN': await byPlain(other),
        'SASL CRAM-MD5': await byCramMd5(other)
      }
      for (const [way, ask] of Object.entries(ways)) {
        await compareGuesses(way, guesses(users), ask, samples, report)
      }
    } finally {
      await other.stop()
    }
    await control(users, samples, report)
  }
}

function writeUsers (users) {
  const folder = mkdtempSync(join(tmpdir(), 'memplug-proof-'))
  process.once('exit', () => { rmSync(folder, { recursive: true, force: true }) })
  const path = join(folder, 'users')
  const lines = Array.from({ length: users }, (_, at) => `${nameOf(at)}:${PASSWORD}\n`)
  writeFileSync(path, lines.join(''))
  return path
}

async function countServed ({ port }) {
  let served = 0
  for (const line of LINES) {
    const client = await Client.connect(port)
    const reply = await client.ask(`${line}\r\n`, UNAUTHENTICATED.length)
    if (reply !== UNAUTHENTICATED) served++
    client.close()
  }
  return served
}

async function countOpcodes ({ port }) {
  let served = 0
  for (let opcode = 0; opcode < 256; opcode++) {
    if (OPEN.includes(opcode)) continue
    const client = await Client.connect(port)
    client.send(frame(opcode, 'a', ''))
    if (await takeStatus(client) !== DENIED) served++
    client.close()
  }
  return served
}

/** Right names and passwords of others, over connections beside one that has logged in. */
async function guess ({ port }, logins) {
  const insider = await Client.connect(port)
  expect(await insider.ask(login(nameOf(0), PASSWORD), 8), 'STORED\r\n')
  const client = await Client.connect(port)
  let opened = 0
  for (let at = 0; at < logins; at++) {
    const request = login(nameOf(at % 2), `${String(at).padStart(32, 'p')}`)
    if (await client.ask(request, FAILURE.length) !== FAILURE) opened++
    if (at % 100 !== 0) continue
    if (await client.ask('get a\r\n', UNAUTHENTICATED.length) !== UNAUTHENTICATED) opened++
    expect(await insider.ask('get a\r\n', 5), 'END\r\n')
  }
  client.close()
  insider.close()
  return opened
}

/** How well a kind of guess can be told from that of a name that nobody has. */
async function compareGuesses (way, kinds, ask, samples, report) {
  const acts = Object.fromEntries(Object.entries(kinds).map(([kind, make]) => [kind, () => {
    const [name, password] = make()
    return ask(name, password)
  }]))
  const warmUp = Math.min(1000, samples)
  await compare(acts, warmUp)
  for (const [kind, t] of await compare(acts, samples)) {
    report(`${way}, t of ${kind}`, t, LEAKS)
  }
}

async function byText ({ port }) {
  const client = await Client.connect(port)
  return (name, password) => {
    // As bytes: sending text would take as long as its parts need to be joined.
    const request = Buffer.from(login(name, password), 'latin1')
    return async () => { expect(await client.ask(request, FAILURE.length), FAILURE) }
  }
}

async function byPlain ({ port }) {
  const client = await Client.connect(port)
  return (name, password) => {
    const request = frame(SASL_AUTH, 'PLAIN', `\0${name}\0${password}`)
    return async () => { await expectDenied(client, request) }
  }
}

async function byCramMd5 ({ port }) {
  const client = await Client.connect(port)
  return async (name, password) => {
    client.send(frame(SASL_AUTH, 'CRAM-MD5', ''))
    const [status, challenge] = await takeReply(client)
    if (status !== CONTINUE) throw new Error(`no challenge, but status ${status}`)
    const answer = createHmac('md5', password).update(challenge).digest('hex')
    const request = frame(SASL_STEP, 'CRAM-MD5', `${name} ${answer}`)
    return async () => { await expectDenied(client, request) }
  }
}

/** What is measured shows a leak where there is one: a search that ends at the name. */
async function control (users, samples, report) {
  const table = Array.from({ length: users }, (_, at) => [nameOf(at), PASSWORD])
  const leaking = (name, password) => () =>
    table.find(([known]) => known === name)?.[1] === password
  const { 'a name that nobody has': nobody, 'the first user': first } = guesses(users)
  const acts = { nobody: () => leaking(...nobody()), first: () => leaking(...first()) }
  await compare(acts, samples)
  const t = (await compare(acts, samples)).get('first')
  report('a search that ends at the name, for comparison: t', t, LEAKS, 'least')
}

async function expectDenied (client, request) {
  client.send(request)
  const status = await takeStatus(client)
  if (status !== DENIED) throw new Error(`a wrong login was answered with status ${status}`)
}

const login = (name, password) =>
  `set a 0 0 ${name.length + password.length + 1}\r\n${name} ${password}\r\n`

function frame (opcode, key, value) {
  const header = Buffer.alloc(HEADER)
  header[0] = 0x80
  header[1] = opcode
  header.writeUInt16BE(key.length, 2)
  header.writeUInt32BE(key.length + value.length, 8)
  return Buffer.concat([header, Buffer.from(key + value, 'latin1')])
}

async function takeReply (client) {
  const header = await client.take(HEADER)
  return [header.readUInt16BE(6), await client.take(header.readUInt32BE(8))]
}

async function takeStatus (client) { return (await takeReply(client))[0] }
