/** The loads: a name, and mcload's flags beside those of the server under load. */

const sizes = [
  { name: '100 B', bytes: 100, keys: 100_000 },
  { name: '1 KiB', bytes: 1024, keys: 100_000 },
  { name: '10 KiB', bytes: 10_240, keys: 20_000 },
  { name: '100 KiB', bytes: 102_400, keys: 2_000 }
]

const load = (name, { bytes, keys }, flags) =>
  ({ name, bytes, keys, flags: ['-v', String(bytes), '-k', String(keys), ...flags] })

const matrix = sizes.flatMap(size => ['binary', 'text'].flatMap(protocol => [1, 32].map(depth =>
  load(`${protocol}, depth ${depth}, ${size.name}`, size, ['-P', protocol, '-d', String(depth)]))))

const [small, , large, largest] = sizes
export const loads = [
  ...matrix,
  load('text multiget of 100, depth 1, 100 B', small, ['-P', 'text', '-m', '100']),
  load('binary 100% set, depth 32, 100 B', small, ['-P', 'binary', '-d', '32', '-g', '0']),
  load('binary, depth 4, 10 KiB', large, ['-P', 'binary', '-d', '4']),
  load('binary, depth 4, 100 KiB', largest, ['-P', 'binary', '-d', '4']),
  load('binary, 1,000 connections, depth 1, 100 B', small, ['-P', 'binary', '-c', '1000'])
]
