import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Result {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs a command to its end. */
export async function run (command: string, args: string[]): Promise<Result> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const result: Result = { code: null, stdout: '', stderr: '' }
  child.stdout.setEncoding('latin1').on('data', (text: string) => { result.stdout += text })
  child.stderr.setEncoding('latin1').on('data', (text: string) => { result.stderr += text })
  const [code] = await once(child, 'close') as [number | null]
  result.code = code
  return result
}
