export interface Measured {
  readonly what: string
  readonly measured: number
  readonly bound: number
  readonly kind: 'most' | 'least'
  readonly holds: boolean
}

export function run (name: string, given?: object): Promise<Measured[]>
