import { Arithmetic, Status, u64 } from '@memplug/engine'
import type { Op } from '@memplug/engine'
import { ReferenceEngine } from '../reference-engine.js'
import type { Entry } from '../reference-engine.js'
import type { Broken } from './broken.js'

export const counting: Broken[] = [
  {
    fault: 'counts with doubles',
    foundBy: 'arithmetic wraps at 2^64',
    Engine: class extends ReferenceEngine {
      override parse (value: Buffer) {
        const found = super.parse(value)
        const number = Number(BigInt(u64.high >>> 0) * 4294967296n + BigInt(u64.low >>> 0))
        const bytes = Buffer.from(String(BigInt.asUintN(64, BigInt(number))))
        return found && u64.parse(bytes, 0, bytes.length)
      }
    }
  },
  {
    fault: 'goes below 0',
    foundBy: 'arithmetic wraps at 2^64',
    Engine: class extends ReferenceEngine {
      override count (op: Op) {
        if ((op.mode & Arithmetic.DECREMENT) === 0) return super.count(op)
        const carry = op.deltaLow === 0 ? 1 : 0
        u64.add(u64.low, u64.high, ~op.deltaLow + 1, ~op.deltaHigh + carry)
      }
    }
  },
  {
    fault: 'counts what begins like a number',
    foundBy: 'what is no unsigned 64-bit number',
    Engine: class extends ReferenceEngine {
      override parse (value: Buffer) {
        const digits = /^\d{1,19}/.exec(value.toString('latin1'))
        return super.parse(digits === null ? value : Buffer.from(digits[0]))
      }
    }
  },
  {
    fault: 'counts no number with spaces behind it',
    foundBy: 'zeros before a number',
    Engine: class extends ReferenceEngine {
      override parse = (value: Buffer) => u64.parse(value, 0, value.length)
    }
  },
  {
    fault: 'counts in place, under the holder',
    foundBy: 'what arithmetic and touch hold',
    Engine: class extends ReferenceEngine {
      override putNumber (op: Op, old: Entry | undefined, flags: number, expires: number) {
        if (old?.value.length === u64.countDigits(u64.low, u64.high)) {
          u64.print(old.value, old.value.length, u64.low, u64.high)
        }
        return super.putNumber(op, old, flags, expires)
      }
    }
  },
  {
    fault: 'drops the flags at a count',
    foundBy: 'arithmetic keeps flags and expiry',
    Engine: class extends ReferenceEngine {
      override putNumber (op: Op, old: Entry | undefined, _flags: number, expires: number) {
        return super.putNumber(op, old, 0, expires)
      }
    }
  },
  {
    fault: 'counts what it has just created',
    foundBy: 'CREATE begins with the initial number',
    Engine: class extends ReferenceEngine {
      override putNumber (op: Op, old: Entry | undefined, flags: number, expires: number) {
        if (old === undefined) this.count(op)
        return super.putNumber(op, old, flags, expires)
      }
    }
  },
  {
    fault: 'creates with the flags of who knows what',
    foundBy: 'CREATE begins with the initial number',
    Engine: class extends ReferenceEngine {
      override putNumber (op: Op, old: Entry | undefined, flags: number, expires: number) {
        return super.putNumber(op, old, old === undefined ? op.flags : flags, expires)
      }
    }
  },
  {
    fault: 'tells no result',
    foundBy: 'numbers go up and down',
    Engine: class extends ReferenceEngine {
      override arithmetic (op: Op) {
        const { resultLow, resultHigh } = op
        const status = super.arithmetic(op)
        Object.assign(op, { resultLow, resultHigh })
        return status
      }
    }
  },
  {
    fault: 'does not count, but only what is there',
    foundBy: 'an engine that does not count says so always',
    Engine: class extends ReferenceEngine {
      override arithmetic (op: Op) {
        return this.find(op) ? super.arithmetic(op) : Status.NOT_SUPPORTED as Status
      }
    }
  }
]
