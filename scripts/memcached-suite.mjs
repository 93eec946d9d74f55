/**
 * Runs memcached's own test suite, as of 1.6.18, against memplug with both of its engines, and
 * compares what comes of it with test/memcached-suite: which files concern memplug, which of them
 * can't pass and why, and where 1.6.45 asks for something else than the 1.6.18 at hand. A file that
 * fails although it should pass is a fault, and so is one that passes although it is said not to.
 *
 *   node scripts/memcached-suite.mjs [--engine slab|malloc] [file...]
 *
 * MEMCACHED_T names the folder of the tests; without it memcached-source.sh fetches the source,
 * and where it can't, nothing is run: the reason is told, and the exit code is 0, or 1 with
 * MEMPLUG_REQUIRE_SUITE=1. The last line is `memcached's suite: N passed, N failed`.
 */
import { execFile, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'

const pathOf = relative => fileURLToPath(new URL(`../${relative}`, import.meta.url))
const RUNNER = pathOf('scripts/memcached-suite.sh')
const SOURCE = pathOf('scripts/memcached-source.sh')
const LISTS = pathOf('test/memcached-suite')
const CACHE = pathOf('node_modules/.cache/memcached')
const EXECUTABLE = pathOf('packages/memplug/bin/memplug.js')
/** At a time: most of what a file does is to wait. */
const PARALLEL = 2
const SECONDS_FOR_A_FILE = '120'

/** A reason that may be out of date without being a fault. */
const NOT_YET = 'not built yet'

const say = text => process.stdout.write(`${text}\n`)
const linesOf = name => readFileSync(`${LISTS}/${name}`, 'utf8').split('\n')
  .map(line => line.trim()).filter(line => line !== '' && !line.startsWith('#'))

/** `file engines`: the engines are `any` or `slab`. */
function readFiles () {
  return linesOf('files.txt').map(line => {
    const [name, engines] = line.split(/\s+/)
    return { name, engines: engines === 'any' ? ['slab', 'malloc'] : [engines] }
  })
}

/** `engine file: reason`, by `engine file`. */
function readExpected () {
  return new Map(linesOf('expected.txt').map(line => {
    const [, name, reason] = /^(\w+ [\w-]+): (.+)$/.exec(line) ?? []
    if (name === undefined) throw new Error(`expected.txt: '${line}' is not 'engine file: reason'`)
    return [name, reason]
  }))
}

const hasPerl = (...modules) => spawnSync('perl',
  [...modules.map(name => `-M${name}`), '-e', '1']).status === 0

function skipAll (why) {
  say(`skipped: memcached's suite: ${why}`)
  say("memcached's suite: 0 passed, 0 failed")
  process.exit(process.env.MEMPLUG_REQUIRE_SUITE === '1' ? 1 : 0)
}

function findTests () {
  if (!hasPerl('Test::More')) skipAll('Perl, with Test::More, is not installed')
  if (process.env.MEMCACHED_T !== undefined) return process.env.MEMCACHED_T
  const { status, stdout, stderr, error } = spawnSync('bash', [SOURCE, CACHE], { encoding: 'utf8' })
  if (status === 0) return stdout.trim()
  return skipAll(`its source can't be had: ${error?.message ?? stderr.trim()}`)
}

/** Copies the tests, with what 1.6.45 asks for in place of what 1.6.18 does; answers where. */
function adapt (tests) {
  const folder = mkdtempSync(`${tmpdir()}/memcached-suite-`)
  process.on('exit', () => { rmSync(folder, { recursive: true, force: true }) })
  cpSync(tests, `${folder}/t`, { recursive: true })
  for (const { file, from, to } of JSON.parse(readFileSync(`${LISTS}/as-1.6.45.json`, 'utf8'))) {
    const path = `${folder}/t/${file}.t`
    const text = readFileSync(path, 'utf8')
    if (!text.includes(from)) throw new Error(`${file}.t is not that of 1.6.18: no '${from}'`)
    writeFileSync(path, text.replaceAll(from, to))
  }
  return `${folder}/t`
}

const run = promisify(execFile)

/** Runs one file; answers the line that tells of it. */
async function play (folder, engine, name) {
  const environment = {
    ...process.env,
    PATH: `${LISTS}/bin:${process.env.PATH}`,
    RUN_T_TIMEOUT: SECONDS_FOR_A_FILE,
    RUN_T_VERBOSE: '1',
    ...name.startsWith('ssl_') ? { SSL_TEST: '1' } : {},
    ...name === 'binary-sasl' ? { RUN_SASL_TESTS: '1' } : {}
  }
  // Like the debug build of memcached that these tests are for.
  const server = `${process.execPath} ${EXECUTABLE} --enable-debug-commands --engine ${engine}`
  const { stdout } = await run('sh', [RUNNER, server, folder, name], { env: environment })
    .catch(error => error)
  return stdout.trimEnd().split('\n').slice(0, -1).join('\n')
}

async function playAll (folder, engine, names, expected) {
  const counts = { passed: 0, failed: 0, expected: 0 }
  const queue = [...names]
  const work = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const told = await play(folder, engine, name)
      const reason = expected.get(`${engine} ${name}`)
      if (!told.startsWith('ok')) {
        if (reason === undefined) counts.failed++
        else counts.expected++
        say(`${engine.padEnd(7)} ${reason === undefined ? told : `${told.split('\n')[0]}\n` +
          `        as listed: ${reason}`}`)
      } else {
        say(`${engine.padEnd(7)} ${told}`)
        if (reason !== undefined) {
          say('        passes now: take it off test/memcached-suite/expected.txt')
        }
        if (reason === undefined || reason === NOT_YET) counts.passed++
        else counts.failed++
      }
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
  say(`${engine}: ${counts.passed} passed, ${counts.failed} failed, ` +
    `${counts.expected} could not pass, as listed`)
  return counts
}

const { values, positionals } = parseArgs({
  options: { engine: { type: 'string' } }, allowPositionals: true
})
const files = readFiles()
const expected = readExpected()
const hasTls = hasPerl('IO::Socket::SSL')
if (!hasTls) say('skipped: ssl_*.t: Perl has no IO::Socket::SSL (libio-socket-ssl-perl)')
const folder = adapt(findTests())
let passed = 0
let failed = 0
for (const engine of values.engine === undefined ? ['slab', 'malloc'] : [values.engine]) {
  const names = files.filter(({ engines }) => engines.includes(engine)).map(({ name }) => name)
    .filter(name => hasTls || !name.startsWith('ssl_'))
    .filter(name => positionals.length === 0 || positionals.includes(name))
  const counts = await playAll(folder, engine, names, expected)
  passed += counts.passed
  failed += counts.failed
}
say(`memcached's suite: ${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
