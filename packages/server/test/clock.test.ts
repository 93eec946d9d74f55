import { jest } from '@jest/globals'
import { Clock, newEpoch } from '../src/clock.js'
import { Shared } from '../src/shared.js'

const SECOND = 1000

afterEach(() => { jest.useRealTimers() })

function start (thread = 0, memory = Shared.reserve(2), epoch = newEpoch()) {
  const shared = new Shared(memory, thread)
  return { clock: new Clock(shared, epoch), shared, epoch, memory }
}

test('time starts at 2, so that the time 1 has always passed', () => {
  jest.useFakeTimers({ now: 1_700_000_000_900 })
  const { clock } = start()
  expect([clock.now, clock.uptime, clock.unix, clock.epoch])
    .toEqual([2, 0, 1_700_000_000, 1_699_999_998])
})

test('each second is told, until it is stopped', () => {
  jest.useFakeTimers({ now: 1_700_000_000_000 })
  const { clock } = start()
  const told: number[] = []
  clock.start(() => { told.push(clock.now) })
  jest.advanceTimersByTime(3 * SECOND)
  expect(told).toEqual([3, 4, 5])
  expect([clock.uptime, clock.unix]).toEqual([3, 1_700_000_003])
  jest.advanceTimersByTime(100 * SECOND)
  expect(clock.now).toBe(105)
  clock.stop()
  jest.advanceTimersByTime(10 * SECOND)
  expect(clock.now).toBe(105)
})

test('a jump of the wall clock moves nothing', () => {
  jest.useFakeTimers({ now: 1_700_000_000_000 })
  const { clock } = start()
  clock.start(() => {})
  for (const jump of [3_600_000, -7_200_000]) {
    jest.setSystemTime(Date.now() + jump)
    jest.advanceTimersByTime(5 * SECOND)
  }
  expect([clock.uptime, clock.unix]).toEqual([10, 1_700_000_010])
  clock.stop()
})

test('the other threads read what thread 0 winds', () => {
  jest.useFakeTimers()
  const { clock, memory, epoch } = start()
  const other = start(1, memory, structuredClone(epoch)).clock
  clock.start(() => {})
  jest.advanceTimersByTime(7 * SECOND)
  expect([other.now, other.epoch]).toEqual([9, clock.epoch])
  clock.stop()
})
