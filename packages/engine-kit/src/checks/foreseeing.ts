import { Status } from '@memplug/engine'
import { assertBytes } from '../kit.js'
import type { Kit } from '../kit.js'
import type { Check } from './check.js'

const COUNT = 40

/** Keys one behind the other, as requests have them. */
class Input {
  readonly bytes: Buffer
  readonly starts = new Int32Array(COUNT)
  readonly ends = new Int32Array(COUNT)

  constructor (keys: readonly string[]) {
    this.bytes = Buffer.from(keys.map(key => `get ${key}\r\n`).join(''), 'latin1')
    let at = 0
    for (const [i, key] of keys.entries()) {
      this.starts[i] = at + 4
      this.ends[i] = at + 4 + key.length
      at += key.length + 6
    }
  }

  /** Gets the key with that number, which has this value; or, if it is undefined, none. */
  async get (kit: Kit, number: number, value: string | undefined): Promise<void> {
    const told = await kit.getAt(this.bytes, this.starts[number], this.ends[number])
    kit.is(told, value === undefined ? Status.NOT_FOUND : Status.SUCCESS, `key ${number}`)
    if (value !== undefined) assertBytes(told.value, value)
  }
}

const numbers = Array.from({ length: COUNT }, (_, i) => i)
/** Some are long, and each third is not there. */
const keyOf = (number: number) => `${number}`.padEnd(number % 5 === 0 ? 250 : 4, 'k')
const valueOf = (number: number) => number % 3 === 0 ? undefined : `value of ${number}`

async function fill (kit: Kit): Promise<Input> {
  for (const number of numbers) {
    const value = valueOf(number)
    if (value !== undefined) await kit.put(keyOf(number), value)
  }
  return new Input(numbers.map(keyOf))
}

export const foreseeing: Check[] = [
  {
    name: 'what is foreseen is got in its order, in another, in part, and twice',
    needs: ['foresight'],
    async run (kit) {
      const input = await fill(kit)
      const orders = [numbers, numbers.toReversed(), numbers.filter(i => i % 4 === 1),
        numbers.flatMap(i => [i, i])]
      for (const order of orders) {
        kit.engine.foresee(input.bytes, input.starts, input.ends, COUNT, 0)
        for (const number of order) await input.get(kit, number, valueOf(number))
      }
    }
  },
  {
    name: 'what is foreseen and changes before it is got is got as it is then',
    needs: ['foresight'],
    async run (kit) {
      const input = await fill(kit)
      kit.engine.foresee(input.bytes, input.starts, input.ends, COUNT, 0)
      await kit.put(keyOf(0), 'new')
      await kit.remove(keyOf(1))
      await kit.put(keyOf(2), 'another')
      await input.get(kit, 0, 'new')
      await input.get(kit, 1, undefined)
      await input.get(kit, 2, 'another')
    }
  },
  {
    name: 'other bytes than those foreseen, at the same positions, are other keys',
    needs: ['foresight'],
    async run (kit) {
      const input = await fill(kit)
      const other = new Input(numbers.map(number => keyOf(number).replace(/k/g, 'K')))
      kit.engine.foresee(input.bytes, input.starts, input.ends, COUNT, 0)
      for (const number of numbers) await other.get(kit, number, undefined)
    }
  },
  {
    name: 'bytes that were foreseen may change once that is void',
    needs: ['foresight'],
    async run (kit) {
      const input = await fill(kit)
      kit.engine.foresee(input.bytes, input.starts, input.ends, COUNT, 0)
      await input.get(kit, 1, valueOf(1))
      kit.engine.foresee(input.bytes, input.starts, input.ends, 0, 0)
      input.bytes.fill('x')
      for (const number of numbers) await input.get(kit, number, undefined)
    }
  }
]
