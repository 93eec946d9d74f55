import { transcript, type Exchange } from './transcript.js'

const BAD = 'CLIENT_ERROR bad command line format'
const LONG_KEY = 'k'.repeat(251)
const KEY = 'k'.repeat(250)

/** Every command with what it is for: doc/protocol.txt. */
export const commands: Readonly<Record<string, Exchange[]>> = {
  'set and get': transcript`
    > get a
    END
    > set a 5 0 3
    > abc
    STORED
    > get a
    VALUE a 5 3
    abc
    END
    > set a 4294967295 0 0
    >
    STORED
    > get a
    VALUE a 4294967295 0

    END
    > set b 0 0 6
    > a\r\nb\r\n
    STORED
    > get b a
    VALUE b 0 6
    a\r\nb\r\n
    VALUE a 4294967295 0

    END
    > get a x a x
    VALUE a 4294967295 0

    VALUE a 4294967295 0

    END
    > set ${KEY} 0 0 1
    > x
    STORED
    > get ${KEY}
    VALUE ${KEY} 0 1
    x
    END
    > set \x00\t\xff 0 0 2
    > \xff\x00
    STORED
    > get \x00\t\xff
    VALUE \x00\t\xff 0 2
    \xff\x00
    END
    > bget a
    VALUE a 4294967295 0

    END`,

  'keys that are names in JavaScript': transcript`
    > get __proto__ constructor toString
    END
    > set __proto__ 1 0 1
    > p
    STORED
    > get __proto__ constructor
    VALUE __proto__ 1 1
    p
    END`,

  'add and replace': transcript`
    > replace a 1 0 1
    > r
    NOT_STORED
    > add a 2 0 1
    > a
    STORED
    > add a 3 0 1
    > b
    NOT_STORED
    > replace a 4 0 1
    > c
    STORED
    > get a
    VALUE a 4 1
    c
    END`,

  'append and prepend keep the flags': transcript`
    > append a 0 0 1
    > x
    NOT_STORED
    > prepend a 0 0 1
    > x
    NOT_STORED
    > set a 7 0 1
    > b
    STORED
    > append a 1 1 2
    > cd
    STORED
    > prepend a 2 2 1
    > a
    STORED
    > append a 0 0 0
    >
    STORED
    > get a
    VALUE a 7 4
    abcd
    END`,

  'cas': transcript`
    > cas a 0 0 1 1
    > x
    NOT_FOUND
    > set a 1 0 1
    > x
    STORED
    > gets a b
    VALUE a 1 1 1
    x
    END
    > cas a 2 0 1 2
    > y
    EXISTS
    > cas a 2 0 1 0
    > y
    EXISTS
    > cas a 2 0 1 1
    > y
    STORED
    > cas a 3 0 1 1
    > z
    EXISTS
    > gets a
    VALUE a 2 1 2
    y
    END
    > cas a 0 0 1 18446744073709551615
    > z
    EXISTS
    > cas a 0 0 1 18446744073709551616
    > z
    ${BAD}
    > cas a 0 0 1 x
    > z
    ${BAD}
    > cas a 0 0 1
    ${BAD}`,

  'delete': transcript`
    > delete a
    NOT_FOUND
    > set a 0 0 1
    > x
    STORED
    > delete a
    DELETED
    > get a
    END
    > delete a 0
    NOT_FOUND
    > delete a 5
    ${BAD}.  Usage: delete <key> [noreply]
    > delete a b c
    ${BAD}.  Usage: delete <key> [noreply]
    > delete a 0 0
    ${BAD}.  Usage: delete <key> [noreply]
    > delete
    ${BAD}
    > delete ${LONG_KEY}
    ${BAD}
    > delete noreply
    NOT_FOUND`,

  'touch, gat and gats': transcript`
    > touch a 10
    NOT_FOUND
    > gat 10 a
    END
    > set a 3 0 1
    > x
    STORED
    > touch a 10
    TOUCHED
    > touch a -1
    TOUCHED
    > get a
    END
    > set a 3 0 1
    > x
    STORED
    > gat 10 a b a
    VALUE a 3 1
    x
    VALUE a 3 1
    x
    END
    > gat -1 a
    VALUE a 3 1
    x
    END
    > gats 0 a
    END
    > touch a x
    CLIENT_ERROR invalid exptime argument
    > touch a
    ${BAD}
    > touch ${LONG_KEY} 1
    ${BAD}
    > gat x a b
    CLIENT_ERROR invalid exptime argument
    > gat 10
    ${BAD}
    > gat
    ${BAD}
    > gats 10 ${LONG_KEY} a
    ${BAD}`,

  'expiry': transcript`
    > set a 0 -1 1
    > x
    STORED
    > get a
    END
    > add a 0 2678400 0
    >
    STORED
    > get a
    END
    > set a 0 2592000 1
    > x
    STORED
    > get a
    VALUE a 0 1
    x
    END
    > set a 0 4000000000 1
    > x
    STORED
    > get a
    END`,

  'incr and decr': transcript`
    > incr a 1
    NOT_FOUND
    > decr a 1
    NOT_FOUND
    > set a 9 0 2
    > 10
    STORED
    > incr a 5
    15
    > decr a 20
    0
    > incr a 18446744073709551615
    18446744073709551615
    > incr a 2
    1
    > get a
    VALUE a 9 1
    1
    END
    > incr a +2
    3
    > incr a -0
    3
    > incr a -1
    CLIENT_ERROR invalid numeric delta argument
    > incr a x
    CLIENT_ERROR invalid numeric delta argument
    > incr a 18446744073709551616
    CLIENT_ERROR invalid numeric delta argument
    > incr a
    ${BAD}
    > decr ${LONG_KEY} 1
    ${BAD}
    > incr x y
    CLIENT_ERROR invalid numeric delta argument`,

  'incr of what is a number, and of what is none': transcript`
    > set a 0 0 4
    >   +5
    STORED
    > incr a 1
    6
    > set a 0 0 4
    > 7  x
    STORED
    > incr a 1
    8
    > set a 0 0 21
    > 000000000000000000009
    STORED
    > incr a 1
    10
    > set a 0 0 2
    > 5x
    STORED
    > incr a 1
    CLIENT_ERROR cannot increment or decrement non-numeric value
    > set a 0 0 3
    > 5.5
    STORED
    > decr a 1
    CLIENT_ERROR cannot increment or decrement non-numeric value
    > set a 0 0 2
    > -5
    STORED
    > incr a 1
    CLIENT_ERROR cannot increment or decrement non-numeric value
    > set a 0 0 0
    >
    STORED
    > incr a 1
    CLIENT_ERROR cannot increment or decrement non-numeric value
    > set a 0 0 20
    > 18446744073709551616
    STORED
    > incr a 1
    CLIENT_ERROR cannot increment or decrement non-numeric value`
}
