/** Waits for a lock that nobody will give back. */
import { Locks } from '../../dist/locks.js'

const locks = new Locks(Locks.reserve(1), false, 0, undefined, 50)
locks.lock(0)
process.stderr.write('waiting\n')
locks.lock(0)
process.stderr.write('never\n')
