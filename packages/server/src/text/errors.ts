import { Status } from '@memplug/engine'
import { words } from '@memplug/protocol'
import { TIMED_OUT, type Outcome } from '../task.js'

/** The reply to a request that came to nothing, where no command has a word of its own. */
export function errorWord (outcome: Outcome): Buffer {
  switch (outcome) {
    case Status.NOT_SUPPORTED: return words.NOT_SUPPORTED
    case Status.TEMPORARY_FAILURE: return words.TEMPORARY_FAILURE
    case Status.NO_MEMORY: return words.NO_MEMORY
    case Status.TOO_LARGE: return words.TOO_LARGE
    case TIMED_OUT: return words.TIMEOUT
    default: return words.INTERNAL
  }
}
