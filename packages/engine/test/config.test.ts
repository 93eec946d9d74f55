import { ConfigError, parse, readConfig } from '../src/index.js'

const schema = {
  size: parse.number(1, 100),
  sizes: (text: string, name: string) => parse.numbers(text, name),
  dir: parse.text,
  fast: (text: string, name: string) => parse.flag(text, name)
}

test('reads what is given, and leaves the rest undefined', () => {
  expect(readConfig({}, schema))
    .toEqual({ size: undefined, sizes: undefined, dir: undefined, fast: undefined })
  expect(readConfig({ size: '5', sizes: '1,2-30', dir: 'a=b', fast: 'false' }, schema))
    .toEqual({ size: 5, sizes: [1, 2, 30], dir: 'a=b', fast: false })
})

test('refuses an unknown name, and lists the known ones', () => {
  expect(() => readConfig({ sise: '5' }, schema))
    .toThrow(new ConfigError("unknown engine config 'sise': known are size, sizes, dir, fast"))
  expect(() => readConfig({ a: '' }, {}))
    .toThrow(new ConfigError("unknown engine config 'a': it takes none"))
})

test('a name that every object has is as unknown as any', () => {
  for (const name of ['constructor', 'toString', '__proto__']) {
    const config = Object.fromEntries([[name, 'x']])
    expect(() => readConfig(config, schema)).toThrow(`unknown engine config '${name}'`)
  }
})

test.each([
  ['size', '0', "'size': '0' is not a number from 1 to 100"],
  ['size', '101', "'size': '101' is not a number from 1 to 100"],
  ['size', '', "'size': '' is not a number"],
  ['size', ' 5', "'size': ' 5' is not a number"],
  ['size', '1e1', "'size': '1e1' is not a number"],
  ['size', '0x5', "'size': '0x5' is not a number"],
  ['size', '5m', "'size': '5m' is not a number"],
  ['size', '-5', "'size': '-5' is not a number"],
  ['sizes', '1,,2', "'sizes': '' is not a number from 1 up"],
  ['sizes', '1,x', "'sizes': 'x' is not a number from 1 up"],
  ['fast', 'yes', "'fast': 'yes' is neither true nor false"],
  ['fast', 'True', "'fast': 'True' is neither true nor false"]
])('refuses %s=%s', (name, text, message) => {
  expect(() => readConfig({ [name]: text }, schema)).toThrow(ConfigError)
  expect(() => readConfig({ [name]: text }, schema)).toThrow(message)
})

test('a number may have decimals, which is as the engine likes', () => {
  expect(readConfig({ size: '1.25' }, schema).size).toBe(1.25)
  expect(() => readConfig({ size: '1.' }, schema)).toThrow(ConfigError)
})

test('the error has a code of its own', () => {
  const error = new ConfigError('why')
  expect([error.code, error.name, error.message])
    .toEqual(['MEMPLUG_ENGINE_CONFIG', 'ConfigError', 'why'])
})
