import { getSystemErrorMap } from 'node:util'

/** The Error that Node's own sockets would throw: errno, code, syscall, address and port in it. */
export function listenError (
  errno: number, syscall: string, address: string, port = 0
): NodeJS.ErrnoException {
  const [code, reason] = getSystemErrorMap().get(errno) ?? [`E${-errno}`, 'unknown error']
  const place = port > 0 ? `${address}:${port}` : address
  const error = new Error(`${syscall} ${code}: ${reason} ${place}`)
  return Object.assign(error, { errno, code, syscall, address, ...(port !== 0 && { port }) })
}

export function checkPort (port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port
  throw new RangeError(`a port is 0 to 65535, not ${port}`)
}
