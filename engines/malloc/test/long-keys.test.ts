import { Status } from '@memplug/engine'
import { audit } from '../../../packages/arena/test/audit.js'
import { Client, MEGABYTE } from '../../../packages/arena/test/client.js'
import { createEngine } from '../src/index.js'

test('a short value of a long key is not written over one that has a smaller chunk', () => {
  const settings = { memoryLimit: 4 * MEGABYTE, maxKeySize: 65535 }
  const client = new Client(createEngine(), settings)
  const keys = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i).repeat(8950))
  for (const key of keys) client.set(key, 'x')
  for (const key of keys) expect(client.set(key, key[0].repeat(256))).toBe(Status.SUCCESS)
  for (const key of keys) expect(client.get(key)).toBe(key[0].repeat(256))
  audit(client.arena)
  client.stop()
})
