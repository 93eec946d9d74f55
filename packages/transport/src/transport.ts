/**
 * The interface between a server and the sockets it serves. A transport reads every ready
 * socket into one buffer that it uses again, and sends what was written to its Output, one
 * write per socket and turn. It knows nothing of commands.
 */

/** Where replies are written: one per transport, shared by its connections, one at a time. */
export interface Output {
  bytes: Buffer
  /** Bytes `start` to `end` wait for their link's flush(); a writer appends at `end`. */
  start: number
  end: number
  /** Counts flushes: as long as it stands still, what was written can still be taken back. */
  flushes: number
}

/** After a flush at least this much room is free in the Output. */
export const OUTPUT_ROOM = 1 << 17

/** One connection, as the transport offers it. */
export interface Link {
  /** 'tcp:127.0.0.1:4711', 'tcp6:[::1]:4711' or 'unix:/path'. */
  readonly remote: string
  readonly local: string
  /**
   * Bytes handed over that the kernel has refused to take yet. What is gathered to be sent
   * together, two megabytes over all links at most, does not count.
   */
  readonly unsent: number
  /** The system's error that ended it, as when the peer has reset it; 0 if none did. */
  readonly errno: number
  /** What is handed over in the rest of this turn is best sent together: a large value follows. */
  gather? (): void
  /** Hands over what the Output holds, which is this link's. */
  flush (): void
  /**
   * Hands over bytes from where they lie, after what was flushed. They must stay as they are
   * until the receiver's sent(token), which also comes if the connection ends first.
   */
  sendHeld (bytes: Buffer, start: number, end: number, token: unknown): void
  /**
   * The bytes that come next go to `start` to `end` of `bytes`, told by filled(), until that
   * range is full or another fill() replaces it: an empty range ends it. For large values.
   */
  fill (bytes: Buffer, start: number, end: number): void
  /** Reads no more until resume(). What has been read already may still come. */
  pause (): void
  resume (): void
  /** Sends what was handed over, then closes. Nothing is received any more. */
  end (): void
  /** Closes at once. */
  destroy (): void
}

/** One connection, as the server takes it. If receive() or filled() throws, it is closed. */
export interface Receiver {
  /** Bytes start to end of `input` have come. They are gone when this returns. */
  receive (input: Buffer, start: number, end: number): void
  /** `count` bytes more have come to the range that fill() was given. */
  filled? (count: number): void
  /** Nothing is unsent any more, after something was. */
  drained (): void
  /** What sendHeld() was given is not needed any more. */
  sent (token: unknown): void
  /** The peer will send no more; it may still read. */
  ended (): void
  /** The connection is over. The last call. */
  closed (): void
}

/** Takes each new connection; null refuses it, after what was written to the Output is sent. */
export type Accept = (link: Link) => Receiver | null

export interface Address {
  readonly host?: string
  readonly port?: number
  /** A unix socket. */
  readonly path?: string
  /** Permission bits of the unix socket. */
  readonly mode?: number
}

/**
 * What was read in one turn for several connections, who get it one after the other: so that a
 * server can look at what comes next. Bytes behind `end` are none of it.
 */
export interface Batch {
  readonly bytes: Buffer
  /** 0 while there is none. */
  end: number
  /** The server's: called when the turn is over, and the bytes may change. */
  over: () => void
}

/** Listening sockets and their connections. */
export interface Transport {
  readonly name: string
  readonly output: Output
  /** Of a transport that reads many sockets at once. */
  readonly batch?: Batch
  /** Listens; answers where, as Link.local says it. Rejects with the system's error. */
  listen (address: Address, backlog: number, accept: Accept): Promise<string>
  /** Stops listening and closes every connection at once. */
  close (): Promise<void>
}

/**
 * Takes a descriptor that was accepted at `local`, as listen() answers it. It is the taker's to
 * adopt() or close from then on.
 */
export type Take = (descriptor: number, local: string) => void

/** Tells the operator of what only the transport sees. */
export type Notify = (level: 'info' | 'warn', message: string) => void

/** A transport that accepts connections for the transports of other threads. */
export interface HandingTransport extends Transport {
  /** Undefined, or why it can't do so here. */
  readonly handingObstacle: string | undefined
  /** Listens, and hands out what it accepts for transports of the same kind to adopt(). */
  listenFds (address: Address, backlog: number, take: Take): Promise<string>
  /**
   * Serves a connection that listenFds() of a transport of the same process accepted, at `local`.
   * The descriptor is this transport's from now on. Throws the system's error if it is no
   * connected socket.
   */
  adopt (descriptor: number, accept: Accept, local: string): void
}

/** Whether the transport can hand its connections to other threads. */
export function canHandOver (transport: Transport): transport is HandingTransport {
  return 'adopt' in transport &&
    (transport as HandingTransport).handingObstacle === undefined
}
