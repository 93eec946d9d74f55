import { adminDifferences, udpDifferences, withoutSlabs } from './admin-differences.js'
import { metaDifferences } from './meta-differences.js'

/** A request that memplug means to answer otherwise than memcached 1.6.18, which Debian 12 has. */
export interface Difference {
  protocol: 'text' | 'binary'
  reason: string
  /** Of the whole request. Such a one is sent alone. */
  request: RegExp
  ours: RegExp
  theirs: RegExp
  /** Only of what is asked by UDP. */
  udp?: true
  /** The servers have not done the same: what they keep is thrown away before they go on. */
  parts?: true
}

const BAD_LINE = /^CLIENT_ERROR bad command line format$/
const ERROR = /^ERROR$/

const WORD = '[^ \\r\\n]+'
/** Not all digits, or so many that it is out of bounds. */
const NO_NUMBER = '(\\d*[^\\d \\r\\n][^ \\r\\n]*|\\d{11,})'

/** The lines that make 1.6.18 read on where memplug, as 1.6.45, skips the value. */
const VALUE_READ_AS_COMMANDS = /^(CLIENT_ERROR bad command line format\r\n)?(ERROR(\r\n)?)+$/

const textDifferences: Difference[] = [
  {
    protocol: 'text',
    reason: 'missing arguments are told as such, as 1.6.45 does',
    request: new RegExp('^(b?gets?|gats?|(set|add|replace|append|prepend)( [^ ]+){0,3}|' +
      'cas( [^ ]+){0,3}|(incr|decr|touch)( [^ ]+)?|delete|verbosity) *\\r?\\n$'),
    ours: BAD_LINE,
    theirs: ERROR
  },
  {
    protocol: 'text',
    reason: 'gat without a key is an error, as in 1.6.45',
    request: /^gats? [^ ]+ *\r\n$/,
    ours: BAD_LINE,
    theirs: /^END$/
  },
  {
    protocol: 'text',
    reason: 'an empty or one-letter command is told as 1.6.45 does',
    request: /^ *([^ \n]( [^\n]*)?)?\r?\n$/,
    ours: BAD_LINE,
    theirs: ERROR
  },
  {
    protocol: 'text',
    reason: 'superfluous arguments are ignored, as in 1.6.45',
    request: new RegExp('^((verbosity|flush_all)( [^ ]+){2,}|(touch|incr|decr)( [^ ]+){2} ' +
      '(?!noreply\\r)[^\\n]+)\\r\\n$'),
    ours: /^(OK|TOUCHED|NOT_FOUND|\d+|CLIENT_ERROR cannot increment.*|)$/,
    theirs: ERROR,
    parts: true
  },
  {
    protocol: 'text',
    reason: 'superfluous arguments of stores too, and their value is one',
    request: /^(set|add) [^ ]+ 0 0 1( [^ ]+){2,}\r\nv\r\n$/,
    ours: /^(STORED|NOT_STORED|)$/,
    theirs: /^ERROR\r\nERROR$/,
    parts: true
  },
  {
    protocol: 'text',
    reason: 'the value behind a bad line is skipped, as in 1.6.45',
    request: new RegExp('^(set|add|replace|append|prepend|cas) (l{251,} \\d+ \\d+|' +
      `${WORD} ${NO_NUMBER} \\d+|${WORD} \\d+ ${NO_NUMBER}|${WORD} \\d+ \\d+ \\d+ ${NO_NUMBER})` +
      ' ?\\d*( noreply)?\\r\\nhi\\r\\n$|^cas [^ ]+ 0 0 2\\r\\nhi\\r\\n$'),
    ours: /^(CLIENT_ERROR bad command line format)?$/,
    theirs: VALUE_READ_AS_COMMANDS
  },
  {
    protocol: 'text',
    reason: 'what is left of a value that is too long, when it is no more than one letter',
    request: /^(set|add|replace|append|prepend) [^ ]+ 0 0 \d+( noreply)?\r\nd+x{0,2}\r\n$/,
    ours: /^(CLIENT_ERROR bad data chunk\r\n)?CLIENT_ERROR bad command line format$/,
    theirs: /^(CLIENT_ERROR bad data chunk\r\n)?ERROR$/
  },
  {
    protocol: 'text',
    reason: 'a line that starts with a blank is no command, as in 1.6.45',
    request: /^ +[gs]et [^\n]+\n(b\r\n)?$/,
    ours: /^ERROR(\r\nCLIENT_ERROR bad command line format)?$/,
    theirs: /^(STORED|(VALUE .*)?END)$/s,
    parts: true
  },
  {
    protocol: 'text',
    reason: 'delete with many arguments is told as with few',
    request: /^delete [^ ]+( [^ ]+){3,}\r\n$/,
    ours: /^(CLIENT_ERROR bad command line format\.  Usage: delete <key> \[noreply\])?$/,
    theirs: ERROR
  }
]

const binaryDifferences: Difference[] = [
  {
    protocol: 'binary',
    reason: 'an opcode that is none is told whatever its lengths are',
    request: /^\x80[\x1b\x1f-\x22\x25-\xff]/,
    ours: /^opcode .*value "(Unknown command|Invalid arguments)"(<closed>)?$/,
    theirs: /^<closed>$/
  },
  {
    protocol: 'binary',
    reason: 'the opcodes of SASL are unknown, without a look at their shape',
    request: /^\x80[\x20-\x22]/,
    ours: /^opcode .*value "Unknown command"$/,
    theirs: /^opcode .*value "Invalid arguments"<closed>$/
  },
  {
    protocol: 'binary',
    reason: 'a wrong cas is told before an empty value is found to be no number',
    request: /^\x80[\x05\x06\x15\x16].{14}(?!\0{8})/s,
    ours: /^opcode .*value "Data exists for key\."$/,
    theirs: /^opcode .*value "Non-numeric server-side value for incr or decr"$/
  },
  {
    protocol: 'binary',
    reason: 'a key of 256 bytes or more is told to be wrong before the connection ends',
    request: /^\x80.[^\0]/s,
    ours: /^opcode [^\n]+ status (4|81), [^\n]+ value "(Invalid arg|Unknown comm)[a-z]+"<closed>$/,
    theirs: /^<closed>$/
  },
  {
    protocol: 'binary',
    reason: 'a touch or stat with more of a body than it may have is told',
    request: /^\x80[\x10\x1c-\x1e\x23\x24]/,
    ours: /^opcode [^\n]+ status 4, [^\n]+ value "Invalid arguments"<closed>$/,
    theirs: /^(opcode [^\n]+ status [01],[^\n]+)*(<closed>|<no more>)$/,
    parts: true
  }
]

export const differences: Difference[] = [
  ...textDifferences, ...metaDifferences, ...adminDifferences, ...withoutSlabs,
  ...udpDifferences, ...binaryDifferences
]
