import { renameSync, writeFileSync } from 'node:fs'

/** Tells test suites which ports were taken, as memcached does for them. */
export function writePortFile (
  path: string, addresses: readonly string[], udpAddresses: readonly string[]
): void {
  const lines = [...linesOf('TCP', addresses), ...linesOf('UDP', udpAddresses)]
  writeFileSync(`${path}.lck`, lines.join(''))
  renameSync(`${path}.lck`, path)
}

function linesOf (transport: string, addresses: readonly string[]): string[] {
  return addresses.filter(address => !address.startsWith('/')).map(address => {
    const port = address.slice(address.lastIndexOf(':') + 1)
    return `${transport} ${address.startsWith('[') ? 'INET6' : 'INET'}: ${port}\n`
  })
}
