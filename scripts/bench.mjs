/**
 * Compares memplug with the installed memcached, one thread each unless said, on the same flags
 * and loads in turn, and prints the medians' ratios as a markdown table. Below 1 is less CPU time,
 * or less latency, than memcached's; above 1 is more throughput.
 *
 *   node scripts/bench.mjs [--contenders NAMES] [--rounds N] [--seconds S] [--only REGEX]
 *                          [--skip-loads] [--skip-memory] [--csv FILE]
 *
 * NAMES are separated by commas: slab, malloc, 'slab over net', 'slab with 2 threads', …, and
 * 'floor', a server in C that does nothing (bench/floor.c).
 * memcached is measured with its default flags and with -R 1000, and the better one counts.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { countFitting, sizesOf } from './bench/capacity.mjs'
import { loads } from './bench/loads.mjs'
import { buildLoadGenerator, runLoad } from './bench/mcload.mjs'
import { startServer } from './bench/servers.mjs'

const REFERENCES = ['memcached', 'memcached -R 1000']
const LOAD_FLAGS = ['-m', '1024', '-c', '4096']
const MEMORY_FLAGS = ['-m', '64']
const ASIDE_FLAGS = ['-A', '-g', '100', '-F', '-v', 'etc', '-k', '1000000', '-z', '0.99',
  '-n', '4000000', '-d', '16']
const figures = ['server_cpu_us_per_op', 'ops_per_s', 'p50_us', 'p999_us']

const { values: options } = parseArgs({
  options: {
    contenders: { type: 'string', default: 'slab,malloc' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    'skip-loads': { type: 'boolean', default: false },
    'skip-memory': { type: 'boolean', default: false },
    csv: { type: 'string' }
  }
})
const contenders = options.contenders.split(',')
const chosen = loads.filter(({ name }) => new RegExp(options.only).test(name))
const rows = []

const median = numbers => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

async function withServers (names, flags, use) {
  const servers = []
  try {
    for (const name of names) servers.push(await startServer(name, flags))
    return await use(servers)
  } finally {
    await Promise.all(servers.map(server => server.stop()))
  }
}

/** The medians of each figure, server by server: every round measures all servers in turn. */
async function measureLoad (servers, { flags }) {
  const told = new Map(servers.map(({ name }) => [name, []]))
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const server of servers) {
      told.get(server.name).push(await runLoad(server, ['-T', options.seconds, '-F', ...flags]))
    }
  }
  return new Map([...told].map(([name, runs]) => [name,
    Object.fromEntries(figures.map(figure => [figure, median(runs.map(run => run[figure]))]))]))
}

async function compareLoads () {
  const head = ['load', 'memcached, µs CPU per op',
    ...contenders.map(name => `${name}: CPU per op, throughput, p50, p99.9`)]
  console.log(`| ${head.join(' | ')} |\n|${' --- |'.repeat(head.length)}`)
  const sizes = [...new Set(chosen.map(({ bytes }) => bytes))]
  for (const bytes of sizes) {
    const same = chosen.filter(load => load.bytes === bytes)
    await withServers([...REFERENCES, ...contenders], LOAD_FLAGS, async servers => {
      for (const server of servers) {
        await runLoad(server, ['-P', 'binary', '-T', '1', '-v', String(bytes),
          '-k', String(same[0].keys)])
      }
      for (const load of same) printRow(load, await measureLoad(servers, load))
    })
  }
}

function printRow ({ name }, medians) {
  const best = REFERENCES.map(reference => medians.get(reference))
    .toSorted((a, b) => a.server_cpu_us_per_op - b.server_cpu_us_per_op)[0]
  const cells = contenders.map(contender => {
    const own = medians.get(contender)
    return figures.map(figure => (own[figure] / best[figure]).toFixed(2)).join(', ')
  })
  console.log(`| ${[name, best.server_cpu_us_per_op.toFixed(2), ...cells].join(' | ')} |`)
  for (const [server, own] of medians) rows.push({ load: name, server, ...own })
}

async function compareMemory () {
  const names = ['memcached', ...contenders]
  const count = async (name, sizeOf) =>
    await withServers([name], MEMORY_FLAGS, ([server]) => countFitting(server, sizeOf))
  const hitRatio = async name => await withServers([name], MEMORY_FLAGS,
    async ([server]) => (await runLoad(server, ASIDE_FLAGS)).hit_ratio)
  console.log(`\n| -m 64 | ${names.join(' | ')} |\n|${' --- |'.repeat(names.length + 1)}`)
  for (const [title, sizeOf] of Object.entries(sizesOf)) {
    const counts = []
    for (const name of names) counts.push(await count(name, sizeOf))
    const cells = counts.map(n => `${n} (${(n / counts[0]).toFixed(2)})`)
    console.log(`| items that fit, ${title} | ${cells.join(' | ')} |`)
    record(`items that fit, ${title}`, names, counts)
  }
  const ratios = []
  for (const name of names) ratios.push(await hitRatio(name))
  console.log(`| look-aside hit ratio, etc | ${ratios.map(r => r.toFixed(4)).join(' | ')} |`)
  record('look-aside hit ratio', names, ratios)
}

function record (load, names, numbers) {
  names.forEach((server, i) => { rows.push({ load, server, n: numbers[i] }) })
}

function writeCsv (file) {
  const names = ['load', 'server', ...figures, 'n']
  const lines = rows.map(row => names.map(name => JSON.stringify(row[name] ?? '')).join(','))
  writeFileSync(file, `${[names.join(','), ...lines].join('\n')}\n`)
}

buildLoadGenerator()
const version = execFileSync('memcached', ['-V'], { encoding: 'utf8' }).trim()
console.log(`${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores ` +
  `${cpus()[0].model}, Node ${process.version}, ${version}; 50 connections, ` +
  '90% get unless said, medians of ' +
  `${options.rounds} x ${options.seconds} s\n\nnode scripts/bench.mjs ` +
  `${process.argv.slice(2).join(' ')}\n`)
if (!options['skip-loads']) await compareLoads()
if (!options['skip-memory']) await compareMemory()
if (options.csv !== undefined) writeCsv(options.csv)
