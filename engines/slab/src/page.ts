/** Words of a page's record. */
export const Page = {
  /** 0: free. c + 1: chunks of class c. REST: belongs to the large chunk, or whoever took it. */
  CLASS: 0,
  /** How many chunks are in use. Of a free page one of Free. */
  USED: 1,
  /** First of the chunks that were freed; each one's first word names the next. */
  FREED: 2,
  /** How many chunks were ever given out since the page came to its class. */
  STARTED: 3,
  /** Neighbours in its class's list of pages with room, or in a list of free pages. */
  PREVIOUS: 4,
  NEXT: 5,
  /** How many pages a large chunk takes, on its first. Else when the page came to its class. */
  RUN: 6,
  /** One of Closed. */
  CLOSED: 7,
  BITS: 3
} as const

/** Values of Page.CLOSED. */
export const Closed = {
  OPEN: 0,
  /** It is being emptied by one thread: no chunk of it is given out, and it is in no list. */
  CLOSING: 1,
  /** It is that thread's. */
  EMPTIED: 2
} as const

/** Page.CLASS of a page that is part of a large chunk but its first, or of one just taken. */
export const REST = 0xffff
