/** What a thread has of something just now. `stats reset` leaves it alone. */
export const Gauge = {
  /** Buffers of requests that have not wholly come, or not been served; and their bytes. */
  READ_BUFFERS: 0,
  READ_BYTES: 1,
  /** Requests that are kept: what they ask for, or what is sent to them, takes its time. */
  REPLIES: 2,
  COUNT: 3
} as const
