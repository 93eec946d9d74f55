import { transcript, type Exchange } from './transcript.js'

const BAD = 'CLIENT_ERROR bad command line format'
const LONG_KEY = 'k'.repeat(251)
const LARGE = 'x'.repeat(300)

/** noreply, what is not well formed, and what goes too far. */
export const errors: Readonly<Record<string, Exchange[]>> = {
  'noreply': transcript`
    > set a 1 0 1 noreply
    > 1
    > add a 2 0 1 noreply
    > 2
    > add b 2 0 1 noreply
    > b
    > replace b 3 0 1 noreply
    > c
    > append b 0 0 1 noreply
    > d
    > prepend b 0 0 1 noreply
    > b
    > cas b 4 0 1 99 noreply
    > x
    > incr a 5 noreply
    > decr a 2 noreply
    > touch a 0 noreply
    > touch x 0 noreply
    > delete x noreply
    > delete x 0 noreply
    > delete x 7 noreply
    > verbosity 0 noreply
    > verbosity x noreply
    > incr b 1 noreply
    > incr x 1 noreply
    > incr a x noreply
    > touch a x noreply
    > set a x 0 1 noreply
    > x
    > set ${LONG_KEY} 0 0 1 noreply
    > x
    > set a 0 0 x noreply
    > set big 0 0 300 noreply
    > ${LARGE}
    > get a b
    VALUE a 1 1
    4
    VALUE b 3 3
    bcd
    END
    > flush_all noreply
    > flush_all 0 noreply
    > flush_all x noreply
    > get a b noreply
    END
    > set noreply 0 0 1
    > n
    STORED
    > get noreply
    VALUE noreply 0 1
    n
    END`,

  'flush_all, version, verbosity': transcript`
    > set a 0 0 1
    > x
    STORED
    > flush_all
    OK
    > get a
    END
    > flush_all 0
    OK
    > flush_all -1
    OK
    > flush_all x
    CLIENT_ERROR invalid exptime argument
    > version
    VERSION 1.6.45
    > version please
    VERSION 1.6.45
    > verbosity 0
    OK
    > verbosity 0 2 3
    OK
    > verbosity
    ${BAD}
    > verbosity x
    ${BAD}`,

  'stats that are the same everywhere': transcript`
    > stats items
    END
    > stats slabs
    END
    > stats bogus
    ERROR
    > stats malloc
    ERROR
    > stats maps
    ERROR
    > stats reset
    RESET`,

  'what is no command': transcript`
    > bogus
    ERROR
    > GET a
    ERROR
    > sett a 0 0 1
    ERROR
    > x
    ${BAD}
    >
    ${BAD}
    > \x20
    ${BAD}
    >  get a
    ERROR
    > get
    ${BAD}
    > get\x20
    ${BAD}
    > gets
    ${BAD}
    > set
    ${BAD}
    > set a
    ${BAD}
    > set a 0 0
    ${BAD}
    > lru mode
    ERROR
    > HTTP 1.1
    ERROR`,

  'blanks and line ends of every kind': transcript`
    > set  a  1   0 3\x20
    > abc
    STORED
    > get   a   b\x20
    VALUE a 1 3
    abc
    END
    > version\x20
    VERSION 1.6.45
    > get a\nget a
    VALUE a 1 3
    abc
    END
    VALUE a 1 3
    abc
    END
    > set a 2 0 1\nx
    STORED
    > set a 3 0 1 2 3 4 5
    > y
    STORED
    > get a
    VALUE a 3 1
    y
    END`,

  'bad parameters, of which the value is swallowed if its length is known': transcript`
    > set a -1 0 3
    > abc
    ${BAD}
    > set a x 0 3
    > abc
    ${BAD}
    > set a 0 x 3
    > abc
    ${BAD}
    > set ${LONG_KEY} 0 0 3
    > abc
    ${BAD}
    > set a 4294967296 0 1
    > x
    STORED
    > get a
    VALUE a 0 1
    x
    END
    > set a 0 0 -1
    ${BAD}
    > set a 0 0 2147483646
    ${BAD}
    > set a 0 0 4294967297
    ${BAD}
    > set a 0 0 99999999999999999999
    ${BAD}
    > set a 0 0 x
    ${BAD}
    > get a
    VALUE a 0 1
    x
    END`,

  'a value that is not as long as it was said to be': transcript`
    > set a 1 0 3
    > abc
    STORED
    > set a 2 0 1
    > abc
    CLIENT_ERROR bad data chunk
    ${BAD}
    > set a 2 0 1
    > abcdefg
    CLIENT_ERROR bad data chunk
    ERROR
    > set a 2 0 6
    > abc
    > version
    CLIENT_ERROR bad data chunk
    ERROR
    > get a
    VALUE a 1 3
    abc
    END`,

  'a value that is too large': transcript`
    > set a 1 0 3
    > abc
    STORED
    > add a 0 0 300
    > ${LARGE}
    SERVER_ERROR object too large for cache
    > replace a 0 0 300
    > ${LARGE}
    SERVER_ERROR object too large for cache
    > append a 0 0 299
    > ${LARGE.slice(1)}
    NOT_STORED
    > cas a 0 0 300 1
    > ${LARGE}
    SERVER_ERROR object too large for cache
    > get a
    VALUE a 1 3
    abc
    END
    > set a 0 0 300
    > ${LARGE}
    SERVER_ERROR object too large for cache
    > get a
    END`,

  'keys that are too long in a get': transcript`
    > set a 0 0 1
    > x
    STORED
    > get ${LONG_KEY}
    ${BAD}
    > get a ${LONG_KEY} a
    ${BAD}
    > gets ${LONG_KEY}${LONG_KEY} a
    ${BAD}
    > get a
    VALUE a 0 1
    x
    END`
}
