import type { Arena } from './arena.js'
import { ClassCount } from './counters.js'
import { Meta, Word } from './header.js'
import type { Losses } from './losses.js'
import type { Ref } from './memory.js'

const { HASH, META } = Word
const { VISITED } = Meta
const { PASSED_BY } = ClassCount

/** Items the hand spares, at most, before it evicts one though it was visited. */
const MOST_SPARED = 1000

/** Chooses what is evicted where nothing has expired. */
export interface Policy {
  /** Evicts an item of a list, or of a class's lists; false if all there are held. */
  evict (group: number, now: number): boolean
}

/**
 * The SIEVE policy, of one list for all. The hand walks from the oldest item to the newest, and
 * round again; it spares an item that was used since it last came by, and evicts the first that
 * was not. A get thus takes no lock of a list: it leaves a bit in the item.
 */
export class Sieve implements Policy {
  private readonly arena: Arena
  private readonly losses: Losses

  constructor (arena: Arena, losses: Losses) {
    this.arena = arena
    this.losses = losses
  }

  evict (list: number, now: number): boolean {
    const { arena } = this
    const { lists } = arena
    let victim = 0
    let spared = 0
    arena.locks.lockList(list)
    let ref = lists.hand(list)
    // Twice round: the first time every item may have been visited.
    for (let steps = 2 * lists.countItems(list); steps > 0 && ref !== 0; steps--) {
      const words = arena.wordsOf(ref)
      const at = arena.indexOf(ref)
      const hash = words[at + HASH]
      if ((words[at + META] & VISITED) !== 0 && spared < MOST_SPARED) {
        spared++
        this.clearVisited(words, at)
      } else if (arena.locks.tryLockBucket(hash)) {
        if (arena.isUnheld(words, at)) {
          victim = ref
          ref = lists.newer(ref)
          this.takeVictim(victim, words, at, list, now)
          arena.locks.unlockBucket(hash)
          break
        }
        arena.locks.unlockBucket(hash)
        arena.counters.add(arena.allocator.classOf(ref), PASSED_BY, 1)
      }
      ref = lists.newer(ref)
      if (ref === 0) ref = lists.tail(list)
    }
    lists.setHand(list, ref)
    arena.locks.unlockList(list)
    if (victim !== 0) arena.drop(victim)
    return victim !== 0
  }

  private takeVictim (
    victim: Ref, words: Int32Array, at: number, list: number, now: number
  ): void {
    const { arena } = this
    const sizeClass = arena.allocator.classOf(victim)
    arena.unlinkFrom(list, victim, sizeClass)
    this.losses.noteVictim(sizeClass, words, at, now)
    if (!arena.isGone(words, at, now)) arena.ghosts.add(words[at + HASH])
  }

  /** The only write to a linked item's Meta without its bucket's lock. */
  private clearVisited (words: Int32Array, at: number): void {
    if (this.arena.locks.alone) words[at + META] = words[at + META] & ~VISITED
    else Atomics.and(words, at + META, ~VISITED)
  }
}
