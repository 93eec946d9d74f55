/** What a group of statistics says, as numbers. */
export async function statsOf (client, group = '') {
  let text = ''
  client.send(`stats ${group}`.trim() + '\r\n')
  while (!text.endsWith('END\r\n')) text += (await client.take(1)).toString('latin1')
  return Object.fromEntries([...text.matchAll(/^STAT (\S+) (\S+)\r$/gm)]
    .map(([, name, value]) => [name, Number(value)]))
}
