/** The memcached protocols, over byte ranges. Knows no socket and no store. */
export { errorBody, WireStatus } from './binary/errors.js'
export {
  FRAME, put32, putFrame, read16, read32, REQUEST_MAGIC, viewFrames, write32
} from './binary/frame.js'
export { fits, isQuiet, isWithKey, Kind, kinds, Opcode } from './binary/opcodes.js'
export { Ahead } from './ahead.js'
export { foreseeFrames } from './binary/ahead.js'
export { expiryOf } from './exptime.js'
export { decodeBase64, putBase64 } from './meta/base64.js'
export { Flag, isMetaLine, MetaFlags } from './meta/flags.js'
export {
  META_REPLY_ROOM, putFlag, putFlagKey, putFlagNumber, putFlagUnsigned64, putToken
} from './meta/reply.js'
export { metaWords } from './meta/words.js'
export { Copier, copyLongBy, type Copy } from './copy.js'
export { putBytes, putKey, putNumber, putWord } from './sink.js'
export type { Sink } from './sink.js'
export { foreseeKeys, foreseeLines } from './text/ahead.js'
export { Command, commandOf } from './text/commands.js'
export { Line } from './text/line.js'
export { parseSigned, parseUnsigned } from './text/numbers.js'
export {
  putEndOfLine, putUnsigned64, putValueLine, putValueLineWithCas, VALUE_LINE_ROOM
} from './text/values.js'
export { putUri, uriEncode } from './text/uri.js'
export { words } from './text/words.js'
