import type { Arguments } from './arguments.js'
import { ExitCode, StartError } from './exit.js'
import { flags, spell } from './flags.js'

type Complain = (text: string) => string

/** A decimal number that `allows` lets pass, or undefined where the flag was not given. */
export function readNumber (
  args: Arguments, name: string, exitCode: ExitCode,
  allows: (value: number) => boolean, complain: Complain
): number | undefined {
  const text = args.texts.get(name)
  if (text === undefined) return undefined
  if (!/^-?\d+(\.\d+)?$/.test(text)) {
    refuse(exitCode, `${spellNamed(name)}: '${text}' is not a number`)
  }
  if (!allows(Number(text))) refuse(exitCode, complain(text))
  return Number(text)
}

/** A whole number from low to high. */
export function readWhole (
  args: Arguments, name: string, low: number, high: number, exitCode: ExitCode, complain?: Complain
): number | undefined {
  const outside = complain ?? (text => `${spellNamed(name)}: ${text} is out of range`)
  const value = readNumber(args, name, exitCode, value => value >= low && value <= high, outside)
  if (value === undefined || Number.isInteger(value)) return value
  return refuse(exitCode, `${spellNamed(name)}: ${value} is not a whole number`)
}

/** Bytes, or kilobytes or megabytes with a k or an m behind them. */
export function readSize (args: Arguments, name: string): number | undefined {
  const text = args.texts.get(name)
  if (text === undefined) return undefined
  const [, digits, unit] = /^(\d+)([km]?)$/i.exec(text) ??
    refuse(ExitCode.USAGE, `${spellNamed(name)}: '${text}' is not a size, such as 512k or 4m`)
  return Number(digits) * (unit === '' ? 1 : /k/i.test(unit) ? 1 << 10 : 1 << 20)
}

/** Permission bits. */
export function readOctal (args: Arguments, name: string): number | undefined {
  const text = args.texts.get(name)
  if (text === undefined) return undefined
  if (/^[0-7]{1,4}$/.test(text)) return parseInt(text, 8)
  return refuse(ExitCode.USAGE, `${spellNamed(name)}: '${text}' is not an octal mask, such as 770`)
}

function spellNamed (name: string): string {
  return spell(flags.find(flag => flag.name === name)!)
}

function refuse (exitCode: ExitCode, message: string): never {
  throw new StartError(exitCode, message)
}
