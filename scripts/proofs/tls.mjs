/** TLS: requests in records of any size, new certificates, floods of handshakes, and no TLS. */
import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Client, expect } from './client.mjs'

const HANDSHAKES = fileURLToPath(new URL('handshakes.mjs', import.meta.url))
const SECOND = 1000
/** A request that is not answered by then is taken to hang: milliseconds. */
const HANGS = 10 * SECOND
const AT_ONCE = 20
/** Milliseconds between two looks at how long an answer takes. */
const EVERY = 5

export const tls = {
  full: {
    connections: 1000, rate: 1000, least: 900, seconds: 10, lag: 50,
    silent: 100, timeout: 10 * SECOND, grace: SECOND
  },
  // On a machine that has other work to do.
  small: {
    connections: 50, rate: 100, least: 10, seconds: 2, lag: 5 * SECOND,
    silent: 10, timeout: SECOND, grace: 20 * SECOND
  },
  server: ({ connections, rate, timeout }) => ({
    tls: { cert: certify('first'), key: join(folder(), 'first.key'), handshakeTimeout: timeout },
    maxConnections: connections + rate + 100
  }),

  async prove (server, sizes, report) {
    report('pipelines cut into records anywhere and answered otherwise', await countCuts(server), 0)
    const clients = await renew(server, sizes, report)
    await flood(server, sizes, report)
    const alive = await countAlive(clients)
    report('connections that live on', alive, sizes.connections, 'least')
    await wait(server, sizes, report)
    for (const client of clients) client.close()
  }
}

let made

function folder () {
  if (made !== undefined) return made
  made = mkdtempSync(join(tmpdir(), 'memplug-proof-'))
  process.once('exit', () => { rmSync(made, { recursive: true, force: true }) })
  return made
}

/** Makes a certificate NAME.pem and its key NAME.key; answers the former. */
function certify (name) {
  const cert = join(folder(), `${name}.pem`)
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
    '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-out', cert,
    '-keyout', join(folder(), `${name}.key`)], { stdio: 'ignore' })
  return cert
}

async function connect ({ port }) {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  return new Client(socket)
}

const nameOf = client => client.socket.getPeerCertificate().subject.CN

/** The second part of each pipeline comes in a record of its own, at once or later. */
async function countCuts (server) {
  const values = ['', 'x', 'y'.repeat(40)]
  const request = Buffer.from(values.map((value, at) =>
    `set k${at} 0 0 ${value.length}\r\n${value}\r\nget k${at}\r\nmg k${at} v\r\n`).join(''))
  const reply = values.map((value, at) => {
    const line = `${value.length}\r\n${value}\r\n`
    return `STORED\r\nVALUE k${at} 0 ${line}END\r\nVA ${line}`
  }).join('')
  let wrong = 0
  let client = await connect(server)
  for (let cut = 1; cut < request.length; cut++) {
    for (const isLater of [false, true]) {
      client.send(request.subarray(0, cut))
      if (isLater) await sleep(1)
      client.send(request.subarray(cut))
      if (await takeInTime(client, reply.length) === reply) continue
      wrong++
      client.close()
      client = await connect(server)
    }
  }
  client.close()
  return wrong
}

async function takeInTime (client, length) {
  const late = sleep(HANGS, null, { ref: false })
  const bytes = await Promise.race([client.take(length).catch(() => null), late])
  return bytes?.toString('latin1')
}

/** New certificates, while many are connected, whom it answers. */
async function renew (server, { connections }, report) {
  const clients = []
  for (let at = 0; at < connections; at += AT_ONCE) {
    const more = Math.min(AT_ONCE, connections - at)
    clients.push(...await Promise.all(Array.from({ length: more }, () => connect(server))))
  }
  copyFileSync(certify('second'), join(folder(), 'first.pem'))
  copyFileSync(join(folder(), 'second.key'), join(folder(), 'first.key'))
  expect(await clients[0].ask('refresh_certs\r\n', 4), 'OK\r\n')
  const newcomer = await connect(server)
  report('newcomers with the new certificate', Number(nameOf(newcomer) === 'second'), 1, 'least')
  newcomer.close()
  return clients
}

async function countAlive (clients) {
  const answers = await Promise.all(clients.map(client => {
    client.send('mn\r\n')
    return takeInTime(client, 4)
  }))
  return answers.filter(answer => answer === 'MN\r\n').length
}

/** Handshakes that are never ended, from a process of their own; one beside them asks and waits. */
async function flood (server, { rate, least, seconds, lag }, report) {
  const canary = await connect(server)
  const hello = await recordHello()
  const args = [HANDSHAKES, server.port, rate, seconds, hello.toString('base64')].map(String)
  let isOver = false
  const flooding = promisify(execFile)(process.execPath, args).finally(() => { isOver = true })
  const waits = []
  while (!isOver) {
    const start = performance.now()
    expect(await canary.ask('mn\r\n', 4), 'MN\r\n')
    waits.push(performance.now() - start)
    await sleep(EVERY)
  }
  const [answered, failed] = (await flooding).stdout.split(' ').map(Number)
  waits.sort((one, other) => one - other)
  report('handshakes a second', answered, least, 'least')
  report('handshakes that failed', failed, 0)
  report('p99 of an answer beside them, ms', waits[Math.floor(waits.length * 0.99)], lag)
  report('the longest wait for one, ms', waits.at(-1), lag)
  canary.close()
}

/** What Node's client says first. */
async function recordHello () {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const client = connectTls({ port: listener.address().port, host: '127.0.0.1' })
  client.on('error', () => {})
  const [socket] = await once(listener, 'connection')
  const [hello] = await once(socket, 'data')
  socket.destroy()
  client.destroy()
  listener.close()
  return hello
}

/** Connections that say nothing, or that speak no TLS. */
async function wait (server, { silent, timeout, grace }, report) {
  const start = performance.now()
  const close = async bytes => {
    const socket = createConnection(server.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    socket.write(bytes)
    await once(socket, 'close')
    return (performance.now() - start) / SECOND
  }
  const bound = (timeout + grace) / SECOND
  const closings = bytes => Promise.all(Array.from({ length: silent }, () => close(bytes)))
  const plain = await closings('get a\r\n')
  report('plain requests: closed after seconds', Math.max(...plain), bound)
  const begun = (performance.now() - start) / SECOND
  const quiet = await closings('\x16')
  report('silence: closed after seconds', Math.max(...quiet) - begun, bound)
}
