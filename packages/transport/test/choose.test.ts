import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTransport, EpollTransport, NetTransport } from '@memplug/transport'
import { describeEpoll } from './support/transports.js'

describe('createTransport', () => {
  const lines: string[] = []
  const log = (level: string, message: string): void => { lines.push(`${level}: ${message}`) }
  const given = process.env['MEMPLUG_NATIVE']

  beforeEach(() => { lines.length = 0 })

  afterEach(() => {
    delete process.env['MEMPLUG_NATIVE']
    if (given !== undefined) process.env['MEMPLUG_NATIVE'] = given
  })

  test('takes net without a word when told to', () => {
    expect(createTransport('net', log)).toBeInstanceOf(NetTransport)
    expect(lines).toEqual([])
  })

  test('takes net and says why where there is no addon', () => {
    process.env['MEMPLUG_NATIVE'] = '/nowhere'
    expect(createTransport('auto', log)).toBeInstanceOf(NetTransport)
    expect(lines).toEqual([expect.stringMatching(/^info: transport net: /)])
  })

  test('takes net where the addon is of no use', () => {
    const folder = mkdtempSync(join(tmpdir(), 'memplug-'))
    writeFileSync(join(folder, 'epoll.node'), 'no addon')
    process.env['MEMPLUG_NATIVE'] = folder
    expect(createTransport('auto', log)).toBeInstanceOf(NetTransport)
    expect(lines[0]).toMatch(/^info: transport net: the native addon can't be loaded: /)
    rmSync(folder, { recursive: true })
  })

  test('fails when epoll is asked for and is not there', () => {
    process.env['MEMPLUG_NATIVE'] = '/nowhere'
    expect(() => createTransport('epoll', log)).toThrow(/^the transport epoll is not available: /)
    expect(lines).toEqual([])
  })

  describeEpoll('where the addon is there', () => {
    test('takes epoll and says so', async () => {
      const transport = createTransport('auto', log)
      expect(transport).toBeInstanceOf(EpollTransport)
      expect(lines).toEqual([expect.stringMatching(/^info: transport epoll: /)])
      await transport.close()
    })

    test('takes epoll without a word when told to', async () => {
      const transport = createTransport('epoll', log)
      expect(transport.name).toBe('epoll')
      expect(lines).toEqual([])
      await transport.close()
    })
  })
})
