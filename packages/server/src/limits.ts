/** From this many bytes on a value is sent from where it lies rather than copied. */
export const SEND_HELD_FROM = 1 << 15
