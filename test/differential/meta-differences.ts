import type { Difference } from './differences.js'

/** Where memplug answers meta commands as 1.6.45 does, and 1.6.18 otherwise. */

const BAD_LINE = /^CLIENT_ERROR bad command line format$/
const META = '^(mg|md|ma) [^ ]+|^ms [^ ]+ \\d+'

export const metaDifferences: Difference[] = [
  {
    protocol: 'text',
    reason: 'a meta command without its key is told that it misses something',
    request: /^m[gsda] *\r\n$/,
    ours: BAD_LINE,
    theirs: /^ERROR$/
  },
  {
    protocol: 'text',
    reason: 'what no flag begins with makes the whole line a bad one',
    request: new RegExp(`(${META})( [^\\r\\n]*)? [^A-Za-z0-9[-\`\\r\\n]`),
    ours: BAD_LINE,
    theirs: /^CLIENT_ERROR (invalid|duplicate|invalid or duplicate|bad token|invalid numeric)/
  },
  {
    protocol: 'text',
    reason: 'md tells what is wrong with its flags, as mg does',
    request: /^md /,
    ours: /^CLIENT_ERROR (invalid flag|duplicate flag|bad |invalid numeric|error decoding key)/,
    theirs: /^CLIENT_ERROR invalid or duplicate flag$/
  },
  {
    protocol: 'text',
    reason: 'more flags than may be are told alike by all, and so is a key that is too long by ma',
    request: /^m[gsda] [^ ]{251}|^m[gsda]( [^ ]+){19,}\r\n/,
    ours: /^CLIENT_ERROR (options flags are too|invalid or duplicate|bad command line)/,
    theirs: /^CLIENT_ERROR (options flags|bad command line format)/
  },
  {
    protocol: 'text',
    reason: 'the mode is one letter, whatever follows it',
    request: /^m[sa] [^\r\n]* M(\r| )/,
    ours: /^CLIENT_ERROR invalid mode for m[sa] M token$/,
    theirs: /^CLIENT_ERROR incorrect length for M token$|^CLIENT_ERROR invalid or duplicate flag$/
  },
  {
    protocol: 'text',
    reason: 'E and x came with 1.6.27',
    request: /^m[gsda] .* (E\d|x\r)/,
    ours: /^(HD|EN|NF|CLIENT_ERROR cannot increment)/,
    theirs: /^CLIENT_ERROR (invalid flag|invalid or duplicate flag)$/,
    parts: true
  },
  {
    protocol: 'text',
    reason: 'ms makes what is to be joined, and tells the size, since 1.6.19 and later',
    request: /^ms [^ ]+ 2 (MA N0|s)\r/,
    ours: /^HD( s2)?$/,
    theirs: /^(NS|HD)$/,
    parts: true
  },
  {
    protocol: 'text',
    reason: 'quiet ma hides what it made',
    request: /^ma [^ ]+ N0 q\r/,
    ours: /^$/,
    theirs: /^HD$/
  },
  {
    protocol: 'text',
    reason: 'a wrong cas is told by ma before an empty value is found to be no number',
    request: /^ma .* C[1-9]/,
    ours: /^EX/,
    theirs: /^CLIENT_ERROR cannot increment or decrement non-numeric value$/
  }
]
