import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// Item memory that nobody uses waits for the collector, and a worker of jest runs many files: what
// they leave would make it so large that it could start no process.
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

afterAll(() => { collect() })
