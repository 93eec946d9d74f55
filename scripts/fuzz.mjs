/**
 * Plays mutated requests to memplug, and sees that others are served as if there were none.
 *
 *   node scripts/fuzz.mjs [--requests 10000000] [--seed N] [--engine slab,malloc]
 */
import { runForLong } from './long-run.mjs'

runForLong('fuzz', 'requests', 10_000_000)
