import { chownSync, readFileSync } from 'node:fs'
import { ExitCode, StartError } from './exit.js'
import { reasonOf } from './failure.js'

export interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

export function isRoot (): boolean {
  return process.getuid?.() === 0
}

/** The user of that name in /etc/passwd. */
export function findUser (name: string): User {
  const entry = readFileSync('/etc/passwd', 'utf8').split('\n')
    .map(line => line.split(':')).find(fields => fields[0] === name)
  if (name === '' || entry === undefined) {
    throw new StartError(ExitCode.NO_USER, `can't find the user ${name} to switch to`)
  }
  return { name, uid: Number(entry[2]), gid: Number(entry[3]) }
}

/** Becomes that user for good; a unix socket is the new user's too. */
export function becomeUser (user: User, socketPath: string | undefined): void {
  try {
    if (socketPath !== undefined) chownSync(socketPath, user.uid, user.gid)
    process.setgroups!([])
    process.setgid!(user.gid)
    process.setuid!(user.uid)
  } catch (error) {
    throw new StartError(ExitCode.OS,
      `failed to assume identity of user ${user.name}: ${reasonOf(error)}`, error)
  }
}
