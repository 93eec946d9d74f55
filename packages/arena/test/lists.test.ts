import { Lists, NEVER } from '../src/lists.js'
import { Memory, type Ref } from '../src/memory.js'

const setUp = () => {
  const memory = new Memory(Memory.reserve(1))
  const lists = new Lists(Lists.reserve(2), memory)
  const refs = Array.from({ length: 6 }, (_, i) => memory.refAt(1, 64 * i))
  return { lists, refs }
}

/** The list from its tail, by the places of its items in `refs`. */
const order = (lists: Lists, refs: Ref[], list = 1): number[] => {
  const places = []
  for (let ref = lists.tail(list); ref !== 0; ref = lists.newer(ref)) places.push(refs.indexOf(ref))
  return places
}

test('a list goes from the oldest item to the newest', () => {
  const { lists, refs } = setUp()
  for (const ref of refs.slice(0, 3)) lists.push(1, ref)
  lists.push(0, refs[3])
  expect(order(lists, refs)).toEqual([0, 1, 2])
  expect(order(lists, refs, 0)).toEqual([3])
  expect([lists.countItems(0), lists.countItems(1), lists.countAllItems()]).toEqual([1, 3, 4])
})

test.each([
  [0, [1, 2], [5, 1, 2]], [1, [0, 2], [0, 5, 2]], [2, [0, 1], [0, 1, 5]]
])('item %i is removed, or replaced', (victim, removed, replaced) => {
  const { lists, refs } = setUp()
  for (const ref of refs.slice(0, 3)) lists.push(1, ref)
  lists.replace(1, refs[victim], refs[5])
  expect(order(lists, refs)).toEqual(replaced)
  lists.remove(1, refs[5])
  expect(order(lists, refs)).toEqual(removed)
  expect(lists.countItems(1)).toBe(2)
  lists.push(1, refs[4])
  expect(order(lists, refs)).toEqual([...removed, 4])
})

test('a list becomes empty and is used again', () => {
  const { lists, refs } = setUp()
  for (let i = 0; i < 3; i++) {
    lists.push(1, refs[0])
    lists.remove(1, refs[0])
    expect(order(lists, refs)).toEqual([])
  }
})

test('the hand begins at the tail and moves on when its item goes', () => {
  const { lists, refs } = setUp()
  for (const ref of refs.slice(0, 4)) lists.push(1, ref)
  expect(lists.hand(1)).toBe(refs[0])
  lists.setHand(1, refs[1])
  lists.remove(1, refs[1])
  expect(lists.hand(1)).toBe(refs[2])
  lists.replace(1, refs[2], refs[5])
  expect(lists.hand(1)).toBe(refs[5])
  lists.setHand(1, refs[3])
  lists.remove(1, refs[3])
  expect(lists.hand(1)).toBe(refs[0])
})

test('the crawler moves on too, and its walk tells when it will be needed again', () => {
  const { lists, refs } = setUp()
  for (const ref of refs.slice(0, 3)) lists.push(1, ref)
  expect(lists.soonest(1)).toBe(NEVER)
  lists.expect(1, 50)
  lists.expect(1, 70)
  expect(lists.soonest(1)).toBe(50)
  expect(lists.startPass(1)).toBe(refs[0])
  lists.setCrawler(1, refs[1])
  lists.remove(1, refs[1])
  expect(lists.crawler(1)).toBe(refs[2])
  lists.expect(1, 90)
  lists.notePass(1, 3, 1)
  lists.endPass(1, 128, 1000)
  expect([lists.crawler(1), lists.soonest(1), lists.restUntil(1)]).toEqual([0, 90, 0])
})

test('what expires sooner during a walk is not forgotten at its end', () => {
  const { lists, refs } = setUp()
  lists.push(1, refs[0])
  lists.expect(1, 50)
  lists.startPass(1)
  lists.expect(1, 60)
  lists.endPass(1, 128, 1000)
  expect(lists.soonest(1)).toBe(60)
  expect(lists.soonest(0)).toBe(NEVER)
})

test('a walk that found next to nothing is followed by a rest', () => {
  const { lists, refs } = setUp()
  lists.push(1, refs[0])
  lists.startPass(1)
  lists.notePass(1, 1000, 7)
  lists.endPass(1, 128, 1000)
  expect(lists.restUntil(1)).toBe(1000)
  lists.setCrawler(1, refs[0])
  lists.expectAll(1)
  expect([lists.restUntil(1), lists.soonest(1), lists.crawler(1)]).toEqual([0, 0, 0])
})
