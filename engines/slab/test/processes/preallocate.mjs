/** Prints by how many mebibytes the process grows when the engine starts with this config. */
import { createEngine } from '@memplug/slab'

const MEGABYTE = 1 << 20
const before = process.memoryUsage.rss()
createEngine().initialize({
  settings: {
    memoryLimit: 200 * MEGABYTE, maxItemSize: MEGABYTE, maxKeySize: 250, evictions: true,
    cas: true, growthFactor: 1.25, minItemSpace: 48
  },
  config: { preallocate: process.argv[2] },
  epoch: 0, thread: 0, threads: 1, shared: undefined, now: () => 2, log () {}
})
process.stdout.write(String((process.memoryUsage.rss() - before) / MEGABYTE))
