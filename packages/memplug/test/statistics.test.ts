import type { ServerOptions } from '@memplug/server'
import { parseArguments } from '../src/arguments.js'
import { readSettings } from '../src/settings.js'

const optionsOf = (line: string): ServerOptions =>
  readSettings(parseArguments(line.split(' '))).server

test.each<[line: string, options: ServerOptions]>([
  ['-D /', { prefixDelimiter: '/', detail: true }],
  ['-D ::', { prefixDelimiter: ':', detail: true }],
  ['--enable-debug-commands', { debugCommands: true }],
  ['-o track_sizes', { trackSizes: true }],
  ['-o no_lru_crawler', { lruCrawler: false }],
  ['-o no_modern', { lruCrawler: false }],
  ['-o no_modern,lru_crawler', { lruCrawler: true }],
  ['-o no_modern --engine malloc', { lruCrawler: false }],
  ['-o lru_crawler_sleep=0,lru_crawler_tocrawl=4294967295',
    { lruCrawlerSleep: 0, lruCrawlerToCrawl: 4294967295 }]
])('%s', (line, options) => {
  expect(optionsOf(line)).toMatchObject(options)
})

test('without them nothing is counted by prefix, and the crawler does as it likes', () => {
  const options = optionsOf('-m 64')
  for (const name of ['detail', 'prefixDelimiter', 'debugCommands', 'trackSizes', 'lruCrawler']) {
    expect(options).not.toHaveProperty(name)
  }
})

test.each([
  '-D ä', '-o lru_crawler_sleep=1000001', '-o lru_crawler_sleep=-1',
  '-o lru_crawler_tocrawl=4294967296', '-o lru_crawler_tocrawl=1.5', '-o lru_crawler_sleep'
])('%s is refused', line => {
  expect(() => optionsOf(line)).toThrow()
})
