import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { createConnection } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { RawClient } from './support/client.js'
import { Folder, run } from './support/executable.js'

const folder = new Folder()
const pids: number[] = []

afterAll(() => {
  for (const pid of pids) kill(pid, 'SIGKILL')
  folder.remove()
})

function kill (pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/** Starts a daemon on a Unix socket of this name; answers its process id. */
async function startDaemon (name: string, flags: string[] = []): Promise<number> {
  const ended = await run(['-d', '-s', name, '-P', `${name}.pid`, ...flags], {}, folder.path)
  expect(ended).toEqual({ code: 0, stdout: '', stderr: '' })
  const pid = Number(readFileSync(folder.join(`${name}.pid`), 'utf8'))
  pids.push(pid)
  return pid
}

test('-d returns when it listens, and leaves a process of its own that is whole', async () => {
  const pid = await startDaemon('one')
  const client = new RawClient(createConnection(folder.join('one')))
  expect(await client.text('stats\r\n')).toContain(`STAT pid ${pid}\r\n`)
  client.close()
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')
  const session = Number(stat[3])
  expect(session).toBe(pid)
  expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/')
  for (const fd of [0, 1, 2]) expect(readlinkSync(`/proc/${pid}/fd/${fd}`)).toBe('/dev/null')
  expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('NODE_CHANNEL_FD=\0')
  kill(pid, 'SIGTERM')
  while (existsSync(folder.join('one.pid'))) await sleep(10)
  while (kill(pid, 0)) await sleep(10)
  expect(existsSync(folder.join('one'))).toBe(false)
})

test('a warning reaches the terminal', async () => {
  const { code, stderr } = await run(
    ['-d', '-s', 'two', '-P', 'two.pid', '-o', 'tail_repair_time=20'], {}, folder.path)
  pids.push(Number(readFileSync(folder.join('two.pid'), 'utf8')))
  expect({ code, stderr }).toEqual(
    { code: 0, stderr: 'ignored, without effect here: -o tail_repair_time\n' })
})

test('with -r it stays where it is, with a core limit as high as may be', async () => {
  const pid = await startDaemon('three', ['-r'])
  expect(readlinkSync(`/proc/${pid}/cwd`)).toBe(folder.path)
  expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(
    /^Max core file size +(?!0 )(\S+) +\1 /m)
})

describe('-d tells why it does not start, with the exit code', () => {
  const failures: [string[], number, RegExp][] = [
    [['-c', '0'], 1, /^Maximum connections must be greater than 0\n$/],
    [['-s', '/no/such/folder/socket'], 71, /^failed to listen on UNIX socket: .*No such file/],
    [['-p', '-1', '--engine', './nosuch.js'], 1, /^engine '\.\/nosuch\.js' was not found/],
    [['-p', '-1', '-P', '/no/such/folder/pid'], 71, /^Could not open the pid file/]
  ]
  test.each(failures)('%j', async (flags, exitCode, message) => {
    const { code, stdout, stderr } = await run(['-d', ...flags])
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' })
    expect(stderr).toMatch(message)
  })

  test('a process that dies on the way', async () => {
    const engine = folder.engine('dying.mjs',
      "initialize () { process.kill(process.pid, 'SIGKILL'); return new Promise(() => {}) }")
    const { code, stderr } = await run(['-d', '-p', '-1', '--engine', engine])
    expect({ code, stderr }).toEqual(
      { code: 70, stderr: 'the daemon has ended with SIGKILL before it listened\n' })
  })
})
