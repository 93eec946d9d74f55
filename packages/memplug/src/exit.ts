/** memcached's exit codes, which are those of sysexits.h but for BAD_OPTION. */
export const ExitCode = {
  BAD_OPTION: 1,
  /** EX_USAGE */
  USAGE: 64,
  /** EX_NOUSER */
  NO_USER: 67,
  /** EX_SOFTWARE: a fault that is memplug's own, or its engine's. */
  SOFTWARE: 70,
  /** EX_OSERR: the operating system refused, as when an address is in use. */
  OS: 71
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

/** Ends the start. The message is one line for the operator. */
export class StartError extends Error {
  override name = 'StartError'
  readonly exitCode: ExitCode

  constructor (exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.exitCode = exitCode
  }
}
