/**
 * Makes what a release ships of each addon: `<room>/prebuilds/<target>/<name>.node`, for every
 * target there is a compiler for. Ends with 1 if one is missing or is not what it should be; with
 * --check it builds nothing and only looks. docs/releasing.md tells how to get the compilers.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import process from 'node:process'
import { findHeaders, flags, listSources, root, targetOf } from './native.mjs'

/** In the words of the header of an ELF file. */
const machines = { x64: 62, arm64: 183 }

/** Node 20 needs this glibc, so an addon may. */
const NEWEST_GLIBC = 28

const ARM_SPECS = '/usr/lib/aarch64-linux-musl/musl-gcc.specs'

/** Compilers that Debian and its like have, by target; CC_<TARGET> names another one. */
const targets = {
  'linux-x64-glibc': ['x86_64-linux-gnu-gcc'],
  'linux-x64-musl': ['x86_64-linux-musl-gcc', 'musl-gcc'],
  'linux-arm64-glibc': ['aarch64-linux-gnu-gcc'],
  'linux-arm64-musl': [
    'aarch64-linux-musl-gcc', ...existsSync(ARM_SPECS)
      ? [`aarch64-linux-gnu-gcc -specs=${ARM_SPECS}`] : []
  ]
}

function findCompiler (target) {
  const given = process.env[`CC_${target.toUpperCase().replaceAll('-', '_')}`]
  return (given === undefined ? targets[target] : [given]).find(command =>
    spawnSync(command.split(' ')[0], ['--version']).status === 0)
}

/** Answers what went wrong, or ''. */
function build (source, target, compiler, headers) {
  const file = targetOf(source, `prebuilds/${target}`)
  mkdirSync(dirname(file), { recursive: true })
  const [command, ...more] = compiler.split(' ')
  const done = spawnSync(command, [...more, ...flags, '-s', `-I${headers}`, '-o', file, source],
    { encoding: 'utf8' })
  return done.status === 0 ? '' : done.stderr
}

/** Answers what is wrong with a prebuild, or ''. */
function check (file, target) {
  if (!existsSync(file)) return 'missing'
  const bytes = readFileSync(file)
  const [, arch, libc] = target.split('-')
  if (bytes.toString('latin1', 1, 4) !== 'ELF') return 'no ELF file'
  if (bytes.readUInt16LE(18) !== machines[arch]) return 'of another machine'
  const text = bytes.toString('latin1')
  if (text.includes('libc.so.6') !== (libc === 'glibc')) return 'of another libc'
  const versions = [...text.matchAll(/GLIBC_2\.(\d+)/g)].map(match => Number(match[1]))
  if (versions.some(minor => minor > NEWEST_GLIBC)) return `needs glibc 2.${Math.max(...versions)}`
  return ''
}

function buildAll () {
  const headers = findHeaders()
  if (headers === undefined) {
    console.error('no headers of Node')
    process.exit(1)
  }
  for (const target of Object.keys(targets)) {
    const compiler = findCompiler(target)
    if (compiler === undefined) {
      console.error(`${target}: no compiler (${targets[target].join(', ')})`)
      continue
    }
    for (const source of listSources()) {
      const failure = build(source, target, compiler, headers)
      if (failure !== '') console.error(`${target}: ${failure}`)
    }
    console.log(`${target}: ${compiler}`)
  }
}

if (!process.argv.includes('--check')) buildAll()
let wrong = 0
for (const target of Object.keys(targets)) {
  for (const source of listSources()) {
    const file = targetOf(source, `prebuilds/${target}`)
    const fault = check(file, target)
    if (fault === '') continue
    console.error(`${relative(root, file)}: ${fault}`)
    wrong++
  }
}
console.log(wrong === 0 ? 'every prebuild is there' : `${wrong} prebuilds are missing or wrong`)
process.exit(wrong === 0 ? 0 : 1)
