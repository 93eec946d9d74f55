import { commands } from './text-commands.js'
import { errors } from './text-errors.js'

/** Beside the defaults: so that a value that is too large is small. */
export const options = { maxItemSize: 300 }

/** What clients say and memcached replies. */
export const transcripts = { ...commands, ...errors }
