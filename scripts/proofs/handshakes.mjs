/**
 * Floods a TLS port, as cheaply as whoever means it ill would: `handshakes.mjs PORT RATE SECONDS
 * HELLO`. Each connection says hello, has the server do its half of the handshake, and goes.
 * Prints how many were answered and how many failed, in a second.
 */
import { createConnection } from 'node:net'
import process from 'node:process'

const [port, rate, seconds] = process.argv.slice(2, 5).map(Number)
const hello = Buffer.from(process.argv[5], 'base64')
const counts = { answered: 0, failed: 0 }
const total = rate * seconds
let begun = 0
let open = 0

function begin () {
  begun++
  open++
  // The loopback has ports for each of its addresses.
  const localAddress = `127.0.0.${2 + begun % 200}`
  const socket = createConnection({ port, host: '127.0.0.1', localAddress, noDelay: true })
  let isAnswered = false
  socket.on('connect', () => { socket.write(hello) })
  socket.on('data', () => {
    isAnswered = true
    socket.destroy()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    open--
    counts[isAnswered ? 'answered' : 'failed']++
    if (begun >= total && open === 0) end()
  })
}

function end () {
  const elapsed = (performance.now() - start) / 1000
  process.stdout.write(`${counts.answered / elapsed} ${counts.failed}\n`)
  process.exit(0)
}

const start = performance.now()
const timer = setInterval(() => {
  const due = Math.min(total, rate * (performance.now() - start) / 1000)
  while (begun < due) begin()
  if (begun >= total) clearInterval(timer)
}, 5)
