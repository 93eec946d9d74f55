import { describeWith } from './support/peer.js'
import { run } from './support/run.js'
import { allWays, startTarget } from './support/target.js'

describeWith(['memccapable'], 'libmemcached finds memcached\'s protocols', () => {
  test.each(allWays)('54 of 54 with $title', async way => {
    const server = await startTarget(way)
    const { stdout, code } = await run('memccapable',
      ['-h', '127.0.0.1', '-p', String(server.port), '-v'])
    await server.stop()
    const lines = stdout.split('\n')
    expect(lines.filter(line => /\[(FAIL|skip)/.test(line))).toEqual([])
    expect(lines.filter(line => /^(ascii|binary) .*\[pass\]/.test(line))).toHaveLength(54)
    expect(code).toBe(0)
  }, 60_000)
})
