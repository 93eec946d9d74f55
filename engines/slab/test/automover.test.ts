import type { Evictor } from '@memplug/arena'
import { Automover, type ClassState } from '../src/automover.js'
import { DEFAULT_MOVING, Tuning } from '../src/tuning.js'

const WINDOW = 3

/** Classes as the automover sees them, numbered from 0. */
class Classes {
  readonly ages: number[]
  readonly evicted: number[]
  readonly states: ClassState[]
  readonly automover: Automover

  constructor (pages: number[], freeChunks = pages.map(() => 0), ratio = 0.8) {
    this.ages = pages.map(() => 0)
    this.evicted = pages.map(() => 0)
    this.states = pages.map((count, i) =>
      ({ pages: count, freeChunks: freeChunks[i], perPage: 10 }))
    const tuning = new Tuning(Tuning.reserve({ ...DEFAULT_MOVING, window: WINDOW, ratio }, 0))
    this.automover = new Automover(tuning, pages.length, i => this.states[i])
  }

  decide (): string {
    const evictor = {
      ageOf: (i: number) => this.ages[i],
      countEvicted: (i: number) => this.evicted[i],
      countRefused: () => 0
    } as unknown as Evictor
    const decision = this.automover.decide(evictor)
    return decision === null ? '-' : `${decision.source}>${decision.destination}`
  }

  /** Seconds in each of which the classes evict so many. */
  live (seconds: number, evictions: number[]): string[] {
    return Array.from({ length: seconds }, () => {
      evictions.forEach((count, i) => { this.evicted[i] = this.evicted[i] + count })
      return this.decide()
    })
  }
}

test('a class that evicts young items gets a page of the one with the oldest', () => {
  const classes = new Classes([5, 5, 5])
  classes.ages.splice(0, 3, 100, 50, 10)
  expect(classes.live(6, [0, 0, 8])).toEqual(['-', '-', '-', '1>3', '1>3', '1>3'])
  expect(classes.live(1, [0, 0, 0])).toEqual(['-'])
})

test('none moves where ages differ by less than the ratio, or the old class has few', () => {
  const alike = new Classes([5, 5])
  alike.ages.splice(0, 2, 100, 81)
  expect(alike.live(6, [0, 8])).toEqual(Array(6).fill('-'))
  const wider = new Classes([5, 5], undefined, 0.9)
  wider.ages.splice(0, 2, 100, 81)
  expect(wider.live(6, [0, 8]).at(-1)).toBe('1>2')
  const few = new Classes([2, 5])
  few.ages.splice(0, 2, 100, 10)
  expect(few.live(6, [0, 8])).toEqual(Array(6).fill('-'))
})

test('free chunks of some pages go to the pool once the window is clean', () => {
  const classes = new Classes([5, 5], [0, 26])
  classes.states[1] = { pages: 5, freeChunks: 0, perPage: 10 }
  expect(classes.live(2, [0, 1])).toEqual(['-', '-'])
  classes.states[1] = { pages: 5, freeChunks: 26, perPage: 10 }
  expect(classes.live(3, [0, 0])).toEqual(['-', '-', '2>0'])
  classes.states[1] = { pages: 4, freeChunks: 25, perPage: 10 }
  expect(classes.live(1, [0, 0])).toEqual(['-'])
})

test('another window begins anew', () => {
  const classes = new Classes([5, 5])
  classes.ages.splice(0, 2, 100, 10)
  expect(classes.live(4, [0, 8]).at(-1)).toBe('1>2')
  const { tuning } = classes.automover as unknown as { tuning: Tuning }
  tuning.window = 4
  expect(classes.live(5, [0, 8])).toEqual(['-', '-', '-', '-', '1>2'])
})
