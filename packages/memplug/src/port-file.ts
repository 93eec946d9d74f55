import { renameSync, writeFileSync } from 'node:fs'

/** Tells test suites which ports were taken, as memcached does for them. */
export function writePortFile (path: string, addresses: readonly string[]): void {
  const lines = addresses.filter(address => !address.startsWith('/')).map(address => {
    const port = address.slice(address.lastIndexOf(':') + 1)
    return `TCP ${address.startsWith('[') ? 'INET6' : 'INET'}: ${port}\n`
  })
  writeFileSync(`${path}.lck`, lines.join(''))
  renameSync(`${path}.lck`, path)
}
