import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { BLOCK, BLOCK_HEAD, END, HEAD, MAGIC } from './format.js'

const zeros = Buffer.alloc(BLOCK)

/**
 * Writes buffers to a file, under another name until it is whole. Blocks of zeros are left out.
 * There is no fsync: a file that a power cut has torn is found out by its checksum.
 */
export function writeSnapshot (
  path: string, header: object, buffers: readonly SharedArrayBuffer[]
): void {
  const temporary = `${path}.tmp`
  const file = openSync(temporary, 'w', 0o600)
  try {
    try {
      writeAll(file, header, buffers)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

function writeAll (file: number, header: object, buffers: readonly SharedArrayBuffer[]): void {
  const text = Buffer.from(JSON.stringify(header))
  const head = Buffer.alloc(HEAD)
  head.write(MAGIC, 'latin1')
  head.writeUInt32LE(text.length, HEAD - 8)
  head.writeUInt32LE(crc32(text), HEAD - 4)
  writeWhole(file, head)
  writeWhole(file, text)
  let sum = crc32(text)
  const blockHead = Buffer.alloc(BLOCK_HEAD)
  const write = (buffer: number, block: number, data: Buffer): void => {
    blockHead.writeUInt32LE(buffer, 0)
    blockHead.writeUInt32LE(block, 4)
    blockHead.writeUInt32LE(data.length, 8)
    sum = crc32(data, crc32(blockHead.subarray(0, BLOCK_HEAD - 4), sum))
    blockHead.writeUInt32LE(sum, BLOCK_HEAD - 4)
    writeWhole(file, blockHead)
    writeWhole(file, data)
  }
  for (const [index, shared] of buffers.entries()) {
    const bytes = Buffer.from(shared)
    for (let start = 0; start < bytes.length; start += BLOCK) {
      const data = bytes.subarray(start, start + BLOCK)
      if (!isZero(data)) write(index, start / BLOCK, data)
    }
  }
  write(END, 0, Buffer.alloc(0))
}

export function isZero (data: Buffer): boolean {
  return data.compare(zeros, 0, data.length) === 0
}

function writeWhole (file: number, data: Buffer): void {
  for (let done = 0; done < data.length;) done += writeSync(file, data, done)
}
