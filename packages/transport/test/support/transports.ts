import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { EpollTransport, loadAddon, NetTransport, type Transport } from '@memplug/transport'

const BUILD = fileURLToPath(new URL('../../../../scripts/build-native.mjs', import.meta.url))

export interface Kind {
  readonly name: string
  create (): Transport
}

/** Why there is no native transport here; undefined if there is one. */
export const obstacle = build()

/** The transports that every test of behaviour runs with. */
export const kinds: Kind[] = [{ name: 'net', create: () => new NetTransport() }]

if (obstacle === undefined) kinds.push({ name: 'epoll', create: () => new EpollTransport() })
else console.warn(`the epoll transport is not tested: ${obstacle}`)

/** Where there is an addon its tests run, elsewhere they are shown as skipped. */
export const describeEpoll = obstacle === undefined ? describe : describe.skip

function build (): string | undefined {
  const { stdout, stderr } = spawnSync(process.execPath, [BUILD], { encoding: 'utf8' })
  try {
    loadAddon()
    return undefined
  } catch (error) {
    return `${(error as Error).message} ${stdout}${stderr}`
  }
}
