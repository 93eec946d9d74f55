/** Clients that come without types: as much of them as the tests use. */

declare module 'memcached' {
  type Done = (error: unknown, result?: unknown) => void

  export default class Memcached {
    constructor (servers: string)
    get (key: string, done: Done): void
    gets (key: string, done: Done): void
    getMulti (keys: string[], done: Done): void
    set (key: string, value: unknown, lifetime: number, done: Done): void
    add (key: string, value: unknown, lifetime: number, done: Done): void
    replace (key: string, value: unknown, lifetime: number, done: Done): void
    cas (key: string, value: unknown, cas: string, lifetime: number, done: Done): void
    append (key: string, value: string, done: Done): void
    prepend (key: string, value: string, done: Done): void
    incr (key: string, amount: number, done: Done): void
    decr (key: string, amount: number, done: Done): void
    touch (key: string, lifetime: number, done: Done): void
    del (key: string, done: Done): void
    version (done: Done): void
    stats (done: Done): void
    settings (done: Done): void
    slabs (done: Done): void
    items (done: Done): void
    flush (done: Done): void
    end (): void
  }
}

declare module 'memjs' {
  interface Options { expires?: number; initial?: number }

  export interface Client {
    get (key: string): Promise<{ value: Buffer; flags: Buffer }>
    set (key: string, value: string | Buffer, options: Options): Promise<boolean>
    add (key: string, value: string | Buffer, options: Options): Promise<boolean>
    replace (key: string, value: string | Buffer, options: Options): Promise<boolean>
    append (key: string, value: string): Promise<boolean>
    prepend (key: string, value: string): Promise<boolean>
    increment (key: string, amount: number, options: Options): Promise<{ value: number }>
    decrement (key: string, amount: number, options: Options): Promise<{ value: number }>
    touch (key: string, expires: number): Promise<boolean>
    delete (key: string): Promise<boolean>
    flush (): Promise<unknown>
    stats (done: (error: unknown, server: string, stats: Record<string, string>) => void): void
    resetStats (done: (error: unknown) => void): void
    quit (): void
    close (): void
  }

  const memjs: { Client: { create: (servers: string, options?: object) => Client } }
  export default memjs
}
