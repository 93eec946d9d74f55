import type { Line } from '@memplug/protocol'

const NOREPLY = Buffer.from('noreply', 'latin1')

/** protocol.txt: "noreply" as the last parameter, behind the command and at least one other. */
export function isNoreply (line: Line, input: Buffer): boolean {
  return line.count > 1 && line.lastIs(input, NOREPLY)
}
