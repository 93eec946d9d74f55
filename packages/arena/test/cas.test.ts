import { CasCounter } from '../src/cas.js'

/** A counter that has drawn all numbers below this one. */
function counterAt (next: bigint, alone: boolean): CasCounter {
  const shared = CasCounter.reserve()
  const counter = new CasCounter(shared, alone)
  const words = new Int32Array(shared)
  // The carries are wherever draws at each quarter passed would have left them.
  const quarters = next >> 30n
  words[0] = Number(BigInt.asIntN(32, next))
  words[1] = Number((quarters + 1n) / 4n)
  words[2] = Number((quarters + 3n) / 4n) - 1
  // A draw that sits on a quarter itself has yet to step.
  if (next % 2n ** 30n === 0n && next > 0n) {
    if (quarters % 4n === 1n) words[2]--
    if (quarters % 4n === 3n) words[1]--
  }
  return counter
}

const numberOf = ({ low, high }: CasCounter) =>
  BigInt.asUintN(32, BigInt(high)) << 32n | BigInt.asUintN(32, BigInt(low))

describe.each([['with locks', false], ['alone', true]])('%s', (_, alone) => {
  test('numbers are drawn from 1 up', () => {
    const counter = new CasCounter(CasCounter.reserve(), alone)
    for (let expected = 1n; expected < 100n; expected++) {
      counter.draw()
      expect(numberOf(counter)).toBe(expected)
    }
  })

  test.each([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 13n, 1023n, 1024n, 4n * 70000n])(
    'numbers follow one another over the border of quarter %s', quarter => {
      const start = quarter * 2n ** 30n - 50n
      const counter = counterAt(start, alone)
      for (let expected = start; expected < start + 100n; expected++) {
        counter.draw()
        expect(numberOf(counter)).toBe(expected)
      }
    })
})

test('a thread that is late to read the high half, by up to a quarter, reads the right one', () => {
  for (const quarter of [1n, 2n, 3n, 4n, 5n, 6n, 7n]) {
    const shared = CasCounter.reserve()
    const words = new Int32Array(shared)
    const late = quarter * 2n ** 30n - 1n
    words.set(new Int32Array((counterAt(late, false) as unknown as { words: Int32Array }).words))
    const low = Atomics.add(words, 0, 1)
    const other = new CasCounter(shared, false)
    for (let i = 0; i < 10; i++) other.draw()
    // What draw() reads once it has its low half.
    const high = low >= 0 ? words[1] : words[2]
    expect(BigInt(high) << 32n | BigInt.asUintN(32, BigInt(low))).toBe(late)
  }
})
