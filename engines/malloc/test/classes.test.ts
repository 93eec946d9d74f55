import { Classes, LARGEST_SMALL, QUANTUM } from '../src/classes.js'

describe.each([3, 4])('size classes of granules of 1 << %i bytes', granuleBits => {
  const classes = new Classes(granuleBits)

  test('lose less than 6% on average, over sizes spread evenly on a log scale', () => {
    let lost = 0
    let sizes = 0
    for (let log = Math.log2(56); log <= Math.log2(LARGEST_SMALL); log += 0.001) {
      const bytes = Math.floor(2 ** log)
      const shape = classes.shapes[classes.of(bytes)]
      lost += 1 - bytes / (shape.quanta * QUANTUM / shape.chunks)
      sizes++
    }
    expect(lost / sizes).toBeLessThan(0.06)
  })

  test('give every size the smallest class that holds it', () => {
    const wrong = []
    for (let bytes = 0; bytes <= LARGEST_SMALL; bytes++) {
      const number = classes.of(bytes)
      const below = number === 0 ? -1 : classes.shapes[number - 1].size
      if (classes.shapes[number].size < bytes || below >= bytes) wrong.push(bytes)
    }
    expect(wrong).toEqual([])
  })

  test('leave no more than 1% of a run over at its end, and keep chunks aligned', () => {
    for (const { size, quanta, chunks } of classes.shapes) {
      expect(size % (1 << granuleBits)).toBe(0)
      expect(chunks * size).toBeLessThanOrEqual(quanta * QUANTUM)
      expect(chunks * size).toBeGreaterThan(quanta * QUANTUM * 0.99)
      expect(chunks).toBeLessThanOrEqual(32 * (quanta - 1))
    }
  })

  test('find the number of a chunk from its place in the run', () => {
    classes.shapes.forEach(({ chunks }, number) => {
      for (let chunk = 0; chunk < chunks; chunk++) {
        expect(classes.chunkAt(number, chunk * classes.granules[number])).toBe(chunk)
      }
    })
  })
})
