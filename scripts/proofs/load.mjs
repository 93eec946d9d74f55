/** The load generator at full speed: garbage, pauses, memory. */
import { setTimeout as sleep } from 'node:timers/promises'
import { buildLoadGenerator, runLoad } from '../bench/mcload.mjs'

const MEBIBYTE = 1 << 20

/** Steady load makes no garbage that lives: no major collection, and short pauses. */
export const garbage = {
  full: { seconds: 60, settling: 25 },
  small: { seconds: 3, settling: 25 },
  flags: ['--trace-gc'],
  server: () => ({ memoryLimit: 64 * MEBIBYTE }),

  async prove (server, { seconds, settling }, report) {
    buildLoadGenerator()
    const load = ['-d', '32', '-c', '50', '-g', '90', '-k', '100000']
    // What is compiled, and what is needed once, is there after this.
    await runLoad(server, [...load, '-P', 'text', '-T', '3'])
    await runLoad(server, [...load, '-P', 'binary', '-T', '3', '-F'])
    // V8 looks for what starting has left, once or twice, from its eighth second on.
    await sleep(settling * 1000)
    const from = server.output().length
    const operations = []
    for (const protocol of ['text', 'binary']) {
      const { ops_per_s: speed } = await runLoad(
        server, [...load, '-P', protocol, '-T', String(Math.ceil(seconds / 2)), '-F'])
      operations.push(Math.round(speed))
    }
    const lines = server.output().slice(from).split('\n').filter(line => line.includes(' ms: '))
    const major = lines.filter(line => line.includes('Mark-Compact'))
    const pauses = lines.map(line => Number(/ ([\d.]+) \/ [\d.]+ ms/.exec(line)?.[1] ?? 0))
    report('operations a second', Math.min(...operations), 0, 'least')
    report('collections', lines.length, Infinity)
    report('major collections', major.length, 0)
    report('longest pause, ms', Math.max(0, ...pauses), 5)
  }
}

/** A full cache takes little more than it was given. */
export const memory = {
  full: { megabytes: 1024, seconds: 20 },
  small: { megabytes: 64, seconds: 3 },
  server: ({ megabytes }) => ({ memoryLimit: megabytes * MEBIBYTE }),

  async prove (server, { megabytes, seconds }, report, { threads }) {
    buildLoadGenerator()
    const keys = String(Math.ceil(megabytes * MEBIBYTE / 300))
    const sorts = [['-P', 'binary', '-g', '50', '-v', 'etc'], ['-P', 'text', '-v', '100']]
    for (const flags of sorts) {
      await runLoad(server,
        [...flags, '-d', '32', '-c', '50', '-k', keys, '-T', String(Math.ceil(seconds / 2))])
    }
    const bound = megabytes * 1.1 + 80 + 25 * Math.max(0, threads - 1)
    report('resident MiB', server.resident / MEBIBYTE, bound)
  }
}
