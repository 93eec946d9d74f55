import { readFileSync } from 'node:fs'
import { extendedOptions } from '../src/extended-options.js'
import { flags } from '../src/flags.js'

/** Flags that memcached does not have. */
const OWN = [
  'transport', 'engine', 'engine-config', 'engine-timeout', 'max-key-size',
  'conn-limit-per-address', 'request-timeout', 'enable-debug-commands'
]

const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
const row = /^\| `(-[^`]*)` \| (yes|as is|ignored|refused) \|(.*) \|$/gm
const rows = new Map([...page.matchAll(row)]
  .map(([, option, fate, note]) => [option, { fate, note }]))

const expected = new Map<string, string>([
  ...flags.filter(({ name }) => !OWN.includes(name))
    .map(({ letter, name, fate }) => [`-${letter}, --${name}`, fate] as const),
  ...extendedOptions.map(({ name, fate }) => [`-o ${name}`, fate] as const)
])

test.each([...expected])('the operations page tells of %s that it is %s', (option, fate) => {
  expect(rows.get(option)?.fate).toBe(fate === 'honoured' ? 'yes' : fate)
})

test('the operations page tells of nothing else, and why the ignored ones are', () => {
  expect([...rows.keys()].filter(option => !expected.has(option))).toEqual([])
  const unexplained = [...rows].filter(([, { fate, note }]) => fate === 'ignored' && note === '')
  expect(unexplained).toEqual([])
})
