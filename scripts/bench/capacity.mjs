/** How many items fit before the first eviction. */
import { once } from 'node:events'
import { createConnection } from 'node:net'

const BATCH = 500
const MASK = (1n << 64n) - 1n

/** mcload's sizes: `-v 100`, or the generalised Pareto distribution of `-v etc`. */
export const sizesOf = { '100 B': () => 100, etc: etcSize }

/** Sets keys of 20 bytes until the server evicts; answers how many items it has then. */
export async function countFitting ({ port }, sizeOf) {
  const socket = createConnection(port, '127.0.0.1').setNoDelay(true)
  await once(socket, 'connect')
  const ask = asker(socket)
  for (let key = 0; ;) {
    const sets = []
    for (const end = key + BATCH; key < end; key++) {
      const size = sizeOf(key)
      const name = `key:${String(key).padStart(16, '0')}`
      sets.push(`set ${name} 0 0 ${size} noreply\r\n${'x'.repeat(size)}\r\n`)
    }
    const stats = await ask(`${sets.join('')}stats\r\n`)
    if (Number(stats.evictions) === 0) continue
    socket.destroy()
    return Number(stats.curr_items)
  }
}

function asker (socket) {
  let reply = ''
  socket.setEncoding('latin1').on('data', text => { reply += text })
  return async request => {
    reply = ''
    socket.write(request, 'latin1')
    while (!reply.endsWith('END\r\n')) await once(socket, 'data')
    return Object.fromEntries([...reply.matchAll(/STAT (\S+) (\S+)/g)].map(([, k, v]) => [k, v]))
  }
}

/** mcload.c, size_of. */
function etcSize (key) {
  let seed = ((BigInt(key) + 1n) * 0x9E3779B97F4A7C15n) & MASK
  seed = shift(shift(seed))
  const u = (Number(seed >> 11n) + 1) / 9007199254740994
  const size = 214.476 * (u ** -0.348238 - 1) / 0.348238
  return Math.floor(Math.min(65_536, Math.max(1, size)))
}

function shift (x) {
  x ^= (x << 13n) & MASK
  x ^= x >> 7n
  return x ^ ((x << 17n) & MASK)
}
