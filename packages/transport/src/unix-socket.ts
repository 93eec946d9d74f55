import { rmSync, statSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname } from 'node:path'
import { listenError } from './listen-error.js'

/** Bytes of a unix socket's path: the system has room for these and a zero. */
const LONGEST_PATH = 107

/** Throws where Node's sockets and the system's disagree on what is wrong with a path. */
export function prepareSocketPath (path: string): void {
  const { ENAMETOOLONG, ENOENT } = constants.errno
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    throw listenError(-ENAMETOOLONG, 'listen', path, -1)
  }
  if (statSync(dirname(path), { throwIfNoEntry: false }) === undefined) {
    throw listenError(-ENOENT, 'listen', path, -1)
  }
  removeStaleSocket(path)
}

/** memcached leaves its socket file behind at exit, and takes it away at the next start. */
function removeStaleSocket (path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket() === true) rmSync(path)
}
