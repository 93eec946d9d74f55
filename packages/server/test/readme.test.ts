import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

test('the example of the README does what it says', () => {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
  const [, code] = /```js\n([^]*?)```/.exec(readme) ?? []
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code],
    { cwd: import.meta.dirname, encoding: 'utf8' })
  expect([stdout, stderr])
    .toEqual(['STORED\r\nVALUE greeting 0 5\r\nhello\r\nEND\r\n1\n', ''])
})
