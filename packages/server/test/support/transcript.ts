export interface Exchange { request: Buffer, reply: Buffer }

/**
 * A conversation in the text protocol, for a template string: lines behind '> ' are sent, the
 * others replied. Each gets its line end.
 */
export function transcript (strings: TemplateStringsArray, ...values: unknown[]): Exchange[] {
  const exchanges: { request: string, reply: string }[] = []
  let inRequest = false
  for (const line of linesOf(String.raw(strings, ...values))) {
    const isRequest = line === '>' || line.startsWith('> ')
    if (isRequest && !inRequest) exchanges.push({ request: '', reply: '' })
    inRequest = isRequest
    const exchange = exchanges.at(-1)!
    if (isRequest) exchange.request += `${unescape(line.slice(2))}\r\n`
    else exchange.reply += `${unescape(line)}\r\n`
  }
  return exchanges.map(({ request, reply }) => ({
    request: Buffer.from(request, 'latin1'), reply: Buffer.from(reply, 'latin1')
  }))
}

/** The first line is the rest of the one that the template starts on. */
const linesOf = (text: string) => text.split('\n').slice(1).map(line => line.trimStart())

const escapes: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t' }

const unescape = (text: string) => text.replace(/\\(?:([rnt])|x(..))/g,
  (_, letter?: string, code?: string) => letter === undefined
    ? String.fromCharCode(parseInt(code!, 16)) : escapes[letter])
