/**
 * Plays requests that have something wrong, and sees that the valid ones behind them on the same
 * connection are answered right and in their turn, or the connection is closed.
 *
 *   node scripts/resync.mjs [--errors 1000000] [--seed N] [--engine slab,malloc]
 */
import { runForLong } from './long-run.mjs'

runForLong('resync', 'errors', 1_000_000)
