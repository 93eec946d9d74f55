import { getSystemErrorMap } from 'node:util'

/** The system's reason in its own words, or what else an error says. */
export function reasonOf (error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException
  return getSystemErrorMap().get(errno ?? 0)?.[1] ?? message
}
