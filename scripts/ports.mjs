/** Ports for servers that scripts start: which is free, and whether somebody listens. */
import { once } from 'node:events'
import { createConnection, createServer } from 'node:net'

export async function findFreePort () {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

export async function isListening (port) {
  const socket = createConnection(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
