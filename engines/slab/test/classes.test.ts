import { ConfigError } from '@memplug/engine'
import { DEFAULT_SETTINGS } from '@memplug/engine-kit'
import { checkSizes, Classes, makeSizes } from '../src/classes.js'

/** As memcached 1.6 prints them for -n 48 -f 1.25, its defaults. */
const MEMCACHED = [
  [96, 10922], [120, 8738], [152, 6898], [192, 5461], [240, 4369], [304, 3449], [384, 2730],
  [480, 2184], [600, 1747], [752, 1394], [944, 1110], [1184, 885], [1480, 708], [1856, 564],
  [2320, 451], [2904, 361], [3632, 288], [4544, 230], [5680, 184], [7104, 147], [8880, 118],
  [11104, 94], [13880, 75], [17352, 60], [21696, 48], [27120, 38], [33904, 30], [42384, 24],
  [52984, 19], [66232, 15], [82792, 12], [103496, 10], [129376, 8], [161720, 6], [202152, 5],
  [252696, 4], [315872, 3], [394840, 2], [524288, 2]
]

test('the classes are memcached\'s', () => {
  const { sizes, perPage } = new Classes(makeSizes(DEFAULT_SETTINGS, 8))
  expect(sizes.map((size, i) => [size, perPage[i]])).toEqual(MEMCACHED)
})

test('they are described in memcached\'s words', () => {
  const lines = new Classes(makeSizes(DEFAULT_SETTINGS, 8)).describe()
  expect(lines[0]).toBe('slab class   1: chunk size        96 perslab   10922')
  expect(lines[38]).toBe('slab class  39: chunk size    524288 perslab       2')
  expect(lines).toHaveLength(39)
})

// Asked of memcached 1.6.18 with -vv.
test.each([
  [2, 48, [96, 192, 384, 768, 1536, 3072, 6144, 12288, 24576, 49152, 98304, 196608, 524288]],
  [1.25, 1, [56, 72, 96, 120, 152, 192, 240, 304, 384, 480, 600, 752, 944, 1184]],
  [1.5, 100, [152, 232, 352, 528, 792, 1192, 1792, 2688, 4032, 6048, 9072, 13608]],
  [1.1, 48, [96, 112, 128, 144, 160, 176, 200, 224, 248, 272, 304, 336, 376, 416]]
])('with -f %d -n %d they are its own as well', (growthFactor, minItemSpace, expected) => {
  const sizes = makeSizes({ ...DEFAULT_SETTINGS, growthFactor, minItemSpace }, 8)
  expect(sizes.slice(0, expected.length)).toEqual(expected)
})

test('there are never more than 63', () => {
  const sizes = makeSizes({ ...DEFAULT_SETTINGS, growthFactor: 1.01 }, 8)
  expect(sizes).toHaveLength(63)
  expect(sizes.at(-1)).toBe(524288)
  expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b))
})

test('every size belongs to the smallest class that holds it', () => {
  const classes = new Classes(makeSizes(DEFAULT_SETTINGS, 8))
  for (let bytes = 1; bytes <= 524288; bytes += bytes < 10_000 ? 1 : 97) {
    const sizeClass = classes.of(bytes)
    if (classes.sizes[sizeClass] < bytes) throw new Error(`${bytes} in ${sizeClass}`)
    if (sizeClass > 0 && classes.sizes[sizeClass - 1] >= bytes) throw new Error(`${bytes}`)
  }
})

test('sizes may be listed, and are rounded up to 8', () => {
  expect(checkSizes([100, 200], 8)).toEqual([104, 200, 524288])
  expect(checkSizes([100, 200], 16)).toEqual([112, 208, 524288])
})

test.each([
  [[200, 100]], [[200, 200]], [[100, 101]], [[10]], [[1.5]], [[524288]], [[600000]],
  [Array.from({ length: 63 }, (_, i) => 100 + 8 * i)]
])('the list %j is refused', sizes => {
  expect(() => checkSizes(sizes, 8)).toThrow(ConfigError)
})
