import { jest } from '@jest/globals'
import type { LogLevel } from '@memplug/engine'
import { Logger } from '../src/logger.js'

const written: string[] = []
const write = jest.spyOn(process.stderr, 'write').mockImplementation(text => {
  written.push(String(text))
  return true
})

beforeEach(() => { written.length = 0 })
afterAll(() => write.mockRestore())

const levels: LogLevel[] = ['error', 'warn', 'info', 'debug']

describe('the number of -v decides what is shown', () => {
  test.each([[0, 2], [1, 3], [2, 4], [3, 4]])('%i: %i levels', async (verbosity, shown) => {
    const logger = new Logger(verbosity)
    for (const level of levels) logger.log(level, `a ${level}`)
    await logger.open()
    expect(written).toEqual(levels.slice(0, shown).map(level => `a ${level}\n`))
  })
})

test('lines wait until it is opened, then come in order and at once', async () => {
  const logger = new Logger(1)
  logger.log('info', 'first')
  logger.log('warn', 'second')
  expect(written).toEqual([])
  await logger.open()
  expect(written).toEqual(['first\n', 'second\n'])
  logger.log('error', 'third')
  expect(written).toHaveLength(3)
})

test('winston is not loaded as long as there is nothing to write', async () => {
  let loads = 0
  const logger = new Logger(0, () => {
    loads++
    return Promise.reject(new Error('not now'))
  })
  logger.log('info', 'hidden')
  await logger.open()
  expect(loads).toBe(0)
})

test('lines are written even where winston can not be loaded', async () => {
  const logger = new Logger(0, () => Promise.reject(new Error('too many open files')))
  await logger.open()
  for (const text of ['first', 'second']) {
    logger.log('warn', text)
    await logger.open()
  }
  expect(written).toEqual(['first\n', 'second\n'])
})

describe('a cause', () => {
  const cause = new Error('no disk\n  at all')

  test('is one line', async () => {
    const logger = new Logger(1)
    logger.log('error', 'store failed', cause)
    await logger.open()
    expect(written).toEqual(['store failed: no disk at all\n'])
  })

  test('comes with its stack at -vv', async () => {
    const logger = new Logger(2)
    logger.log('error', 'store failed', cause)
    await logger.open()
    expect(written.join(''))
      .toMatch(/^store failed: Error: no disk\n {2}at all\n +at .*logger\.test/)
  })

  test('may be no Error', async () => {
    const logger = new Logger(0)
    logger.log('error', 'store failed', { status: 7 })
    await logger.open()
    expect(written).toEqual(['store failed: { status: 7 }\n'])
  })
})
