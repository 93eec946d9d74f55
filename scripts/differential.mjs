/**
 * Plays random commands to memplug and to the installed memcached, and compares the replies.
 *
 *   node scripts/differential.mjs [--commands 1000000] [--seed N] [--engine slab,malloc]
 */
import { runForLong } from './long-run.mjs'

runForLong('differential', 'commands', 1_000_000)
