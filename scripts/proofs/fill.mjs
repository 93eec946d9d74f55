const BUNCH = 500

/** Stores items whose keys are `prefix` and a number, with values of so many bytes. */
export async function fill (client, prefix, from, to, exptime, size) {
  const value = 'v'.repeat(size)
  for (let at = from; at < to; at += BUNCH) {
    let lines = ''
    for (let i = at; i < Math.min(at + BUNCH, to); i++) {
      lines += `set ${prefix}${i} 0 ${exptime} ${size} noreply\r\n${value}\r\n`
    }
    client.send(`${lines}mn\r\n`)
    await client.take(4)
  }
}
