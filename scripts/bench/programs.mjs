/** The programs in C of this folder. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../build/', import.meta.url))

/** Compiles one if it is stale, and answers where it is. */
export function buildProgram (name) {
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url))
  const program = `${FOLDER}${name}`
  mkdirSync(FOLDER, { recursive: true })
  if (!existsSync(program) || statSync(program).mtimeMs <= statSync(source).mtimeMs) {
    execFileSync('cc', ['-O2', '-o', program, source, '-lm', '-lpthread'], { stdio: 'inherit' })
  }
  return program
}
