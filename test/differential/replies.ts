import { Opcode, describe as describeReply, readReplies } from '../support/frames.js'

/** What one server answered to a batch, in a form in which two servers' answers can be compared. */
export interface Answers {
  /** Without cas ids, version and statistics. */
  text: string
  /** The cas ids told, by key in the text protocol, by opaque in the binary one. */
  cas: Map<string | number, bigint>
}

export function readTextAnswers (bytes: Buffer): Answers {
  const cas = new Map<string, bigint>()
  const lines: string[] = []
  for (let at = 0; at < bytes.length;) {
    const lineEnd = bytes.indexOf('\r\n', at, 'latin1')
    if (lineEnd < 0) {
      lines.push(bytes.toString('latin1', at))
      break
    }
    let line = bytes.toString('latin1', at, lineEnd)
    at = lineEnd + 2
    const value = /^VALUE ([^ ]+) (\d+) (\d+)( \d+)?$/.exec(line)
    if (value !== null) {
      const end = at + Number(value[3])
      if (value[4] !== undefined) cas.set(value[1], BigInt(value[4].trim()))
      line = `VALUE ${value[1]} ${value[2]} ${value[3]}${value[4] === undefined ? '' : ' {cas}'}`
      line += `\r\n${bytes.toString('latin1', at, end)}`
      at = end + 2
    }
    lines.push(line)
  }
  return { text: hideVarying(lines).join('\r\n'), cas }
}

function hideVarying (lines: string[]): string[] {
  return lines
    .filter(line => !line.startsWith('STAT '))
    .map(line => line.replace(/^VERSION \d+\.\d+\.\d+$/, 'VERSION {version}'))
}

export function readBinaryAnswers (bytes: Buffer): Answers {
  const cas = new Map<number, bigint>()
  let replies
  try {
    replies = readReplies(bytes)
  } catch (error) {
    return { text: `${(error as Error).message}: ${bytes.toString('hex')}`, cas }
  }
  const lines = replies
    .filter(reply => reply.opcode !== Opcode.Stat || reply.key.length === 0)
    .map(reply => {
      if (reply.cas !== 0n) cas.set(reply.opaque, reply.cas)
      const isVersion = reply.opcode === Opcode.Version && reply.status === 0
      return describeReply(isVersion ? { ...reply, value: Buffer.from('{version}') } : reply)
    })
  return { text: lines.join('\n'), cas }
}
