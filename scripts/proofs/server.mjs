/** The server that a proof is about, in a process of its own, and what the system tells of it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const SERVE = fileURLToPath(new URL('serve.mjs', import.meta.url))

/** Descriptors that server and clients may have: as many as the system lets us. */
const SHELL = 'ulimit -n "$(ulimit -Hn)"; exec "$@"'

/** Starts a server with createServer()'s options and Node's flags. */
export async function startServer (options, flags = []) {
  const child = spawn('sh', ['-c', SHELL, 'sh', process.execPath, ...flags, SERVE,
    JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  let output = ''
  child.stdout.setEncoding('utf8').on('data', text => { output += text })
  while (!/^port \d+\n/m.test(output)) {
    if (child.exitCode !== null) throw new Error('the server did not start')
    await Promise.race([once(child.stdout, 'data'), exit])
  }
  return new Server(child, exit, Number(/^port (\d+)$/m.exec(output)[1]), () => output)
}

class Server {
  #child
  #exit

  constructor (child, exit, port, output) {
    this.#child = child
    this.#exit = exit
    this.pid = child.pid
    this.port = port
    this.output = output
  }

  /** Resident bytes. */
  get resident () { return this.#status('VmRSS') }

  /** The most there were since forgetPeak(). */
  get peak () { return this.#status('VmHWM') }

  forgetPeak () { writeFileSync(`/proc/${this.pid}/clear_refs`, '5') }

  get descriptors () { return readdirSync(`/proc/${this.pid}/fd`).length }

  async stop () {
    this.#child.kill('SIGTERM')
    await this.#exit
  }

  #status (name) {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8')
    return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)[1]) * 1024
  }
}
