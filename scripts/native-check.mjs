/**
 * Runs tests with the transport's addons built to be watched: under AddressSanitizer and
 * UndefinedBehaviorSanitizer, and a few programs under valgrind. Ends with 1 if anything is found.
 * Names of tests, as jest takes them, may follow; those of the transport are the default.
 * Takes minutes.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const addons = ['epoll', 'copy', 'descriptors']
const headers = join(dirname(dirname(process.execPath)), 'include', 'node')
const compiler = process.env.CC ?? 'cc'
const tests = process.argv.length > 2 ? process.argv.slice(2) : ['packages/transport/test']
const programs = [
  ['handing-out', 'epoll'], ['handing-out', 'net'], ['throwing', 'epoll'], ['workers', 'terminate']
]
const folder = mkdtempSync(join(tmpdir(), 'memplug-check-'))

/** Leaks of jest's own addons are not ours. */
const suppressions = join(folder, 'suppressions')
writeFileSync(suppressions, 'leak:resolver.linux\n')

function run (name, command, args, env = {}) {
  console.log(`--- ${name}`)
  const { status, error } = spawnSync(command, args, {
    cwd: root, stdio: 'inherit', env: { ...process.env, ...env }
  })
  if (error) console.error(`${command}: ${error.message}`)
  return status === 0
}

/** Answers the folder of the addons. */
function build (name, ...flags) {
  const target = join(folder, name)
  mkdirSync(target)
  const common = ['-g', '-O1', '-fno-omit-frame-pointer', '-shared', '-fPIC', `-I${headers}`]
  for (const addon of addons) {
    const source = join(root, `packages/transport/native/${addon}.c`)
    const built = run(`building ${addon} for ${name}`, compiler,
      [...common, ...flags, '-o', join(target, `${addon}.node`), source])
    if (!built) process.exit(1)
  }
  return target
}

function runSanitized () {
  const built = build('the sanitizers', '-fsanitize=address,undefined',
    '-fno-sanitize-recover=undefined')
  const library = spawnSync(compiler, ['-print-file-name=libasan.so'], { encoding: 'utf8' })
  const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--runInBand']
  return run('tests under the sanitizers', process.execPath, [...jest, ...tests], {
    MEMPLUG_NATIVE: built,
    LD_PRELOAD: library.stdout.trim(),
    // Little is kept back, so that tests of memory hold.
    ASAN_OPTIONS: 'detect_leaks=1:quarantine_size_mb=4',
    LSAN_OPTIONS: `suppressions=${suppressions}:print_suppressions=0`,
    UBSAN_OPTIONS: 'print_stacktrace=1'
  })
}

function runUnderValgrind () {
  const built = build('valgrind')
  const flags = ['--quiet', '--leak-check=full', '--show-leak-kinds=definite',
    '--errors-for-leak-kinds=definite', '--error-exitcode=1']
  const failed = programs.filter(([name, ...args]) => {
    const path = join(root, `packages/transport/test/programs/${name}.mjs`)
    return !run(`${name} under valgrind`, 'valgrind', [...flags, process.execPath, path, ...args],
      { MEMPLUG_NATIVE: built })
  })
  return failed.length === 0
}

const isClean = [runSanitized(), runUnderValgrind()].every(Boolean)
rmSync(folder, { recursive: true })
console.log(isClean ? 'nothing found' : 'something was found, see above')
process.exit(isClean ? 0 : 1)
