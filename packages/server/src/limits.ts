/** From this many bytes on a value is sent from where it lies rather than copied. */
export const SEND_HELD_FROM = 1 << 15

/** If this many bytes of a value are still to come, they are read to where they belong. */
export const FILL_FROM = 1 << 13

/** memcached closes a connection that sends more than this without a newline. */
export const LONGEST_LINE = 2048
