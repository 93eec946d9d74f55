/**
 * A saved memory: MAGIC, the length and the CRC-32 of the header, the header as JSON, and the
 * blocks of the buffers that are not all zeros, in order. Before a block stand four 32-bit words:
 * the number of its buffer, its own number, its length, and the CRC-32 of everything from the
 * header to its end. An empty block of the buffer END is the last. All numbers are little-endian.
 */
export const MAGIC = 'memplug saved memory 1\n\0'
/** MAGIC and two words. */
export const HEAD = MAGIC.length + 8
export const MOST_HEADER = 1 << 20
export const BLOCK = 1 << 18
export const BLOCK_HEAD = 16
export const END = 0xffffffff
