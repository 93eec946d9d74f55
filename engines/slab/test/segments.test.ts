import { Get, Status } from '@memplug/engine'
import type { Evictor } from '@memplug/arena'
import { audit } from '../../../packages/arena/test/audit.js'
import { Client, MEGABYTE } from '../../../packages/arena/test/client.js'
import { SlabEngine } from '../src/index.js'

interface Inside {
  readonly segments: { juggle (now: number, end: number): boolean }
  sweep (now: number, milliseconds: number): void
}

/** A client of an engine with items of one class: 10 to a page. */
class Lists extends Client<SlabEngine> {
  constructor (config: Record<string, string> = {}, megabytes = 6, settings = {}) {
    super(new SlabEngine(), { memoryLimit: megabytes * MEGABYTE, ...settings }, config)
  }

  get inside (): Inside & Evictor {
    return (this.engine as unknown as { eviction: Inside & Evictor }).eviction
  }

  store (key: string, expires = 0): void {
    expect(this.set(key, key.padEnd(90_000), { expires })).toBe(Status.SUCCESS)
  }

  fill (prefix: string, count: number, expires = 0): void {
    for (let i = 0; i < count; i++) this.store(`${prefix} ${i}`, expires)
  }

  /** The maintainer's work, to its end. */
  juggle (): void {
    while (this.inside.segments.juggle(this.host.now(), Infinity));
  }

  has (key: string): boolean {
    return this.get(key, { mode: Get.PEEK }) !== null
  }

  get numbers (): number[] {
    const stats = this.stats('items')
    return ['hot', 'warm', 'cold', 'temp'].map(name => stats[`items:32:number_${name}`] ?? 0)
  }

  item (name: string): number {
    return this.stats('items')[`items:32:${name}`]
  }

  command (line: string): string | null {
    let told = null
    this.engine.administer(line.split(' '), line => { told = line })
    return told
  }
}

test('items come to HOT, and the oldest leave it for COLD when they are too many', () => {
  const client = new Lists()
  client.fill('item', 10)
  expect(client.numbers).toEqual([10, 0, 0, 0])
  client.juggle()
  expect(client.numbers).toEqual([2, 0, 8, 0])
  expect(client.item('moves_to_cold')).toBe(8)
  client.fill('more', 10)
  client.juggle()
  expect(client.numbers).toEqual([4, 0, 16, 0])
  audit(client.arena)
  client.stop()
})

test('what is used twice comes to WARM, from HOT and from COLD, and stays while it is used', () => {
  const client = new Lists()
  client.fill('item', 10)
  client.get('item 0')
  client.get('item 1')
  client.get('item 1')
  client.juggle()
  expect(client.numbers).toEqual([2, 1, 7, 0])
  // COLD: 0 was used once. The next use makes it active.
  client.get('item 0')
  client.juggle()
  expect(client.numbers).toEqual([2, 2, 6, 0])
  expect(client.item('moves_to_warm')).toBe(2)
  client.get('item 1')
  client.juggle()
  expect(client.item('moves_within_lru')).toBe(1)
  const stats = client.stats('items')
  expect(['hot', 'warm', 'cold'].map(name => stats[`items:32:hits_to_${name}`])).toEqual([3, 1, 1])
  audit(client.arena)
  client.stop()
})

test('items evicted are those of COLD, and what is active outlives any number of others', () => {
  const client = new Lists()
  client.store('canary')
  client.fill('item', 30)
  client.juggle()
  client.get('canary')
  client.get('canary')
  client.juggle()
  client.fill('flood', 60)
  expect(client.stats().evictions).toBeGreaterThan(20)
  expect(client.has('canary')).toBe(true)
  expect(client.has('item 0')).toBe(false)
  expect(client.stats().evicted_active).toBe(0)
  audit(client.arena)
  client.stop()
})

test('stores keep the lists in order by themselves, however late the maintainer comes', () => {
  const client = new Lists()
  client.fill('item', 300)
  const [hot, warm, cold] = client.numbers
  expect(hot + warm + cold).toBe(60)
  expect(hot).toBeLessThanOrEqual(15)
  audit(client.arena)
  client.stop()
})

test('an active item at the end of COLD is spared by evictions', () => {
  const client = new Lists()
  client.fill('item', 60)
  client.juggle()
  for (let i = 0; i < 5; i++) client.get(`item ${i}`)
  for (let i = 0; i < 5; i++) client.get(`item ${i}`)
  client.fill('more', 3)
  expect([0, 1, 2, 3, 4, 5, 6, 7, 8].map(i => client.has(`item ${i}`))).toEqual(
    [true, true, true, true, true, false, false, false, true])
  audit(client.arena)
  client.stop()
})

test('items of short life come to TEMP, and are not evicted before all others', () => {
  const client = new Lists({ temporary_ttl: '61' })
  const now = client.host.now()
  client.store('canary', now + 30)
  client.store('long', now + 62)
  client.store('for ever')
  expect(client.numbers).toEqual([2, 0, 0, 1])
  client.fill('item', 200, now + 3600)
  expect(client.has('canary')).toBe(true)
  expect(client.has('long')).toBe(false)
  client.travel(31)
  client.juggle()
  expect(client.numbers[3]).toBe(0)
  expect(client.item('reclaimed')).toBe(1)
  // Where there is nothing else, even they make room.
  client.fill('short', 300, client.host.now() + 60)
  expect(client.stats().curr_items).toBe(60)
  audit(client.arena)
  client.stop()
})

test('what has expired at the end of a list is reclaimed by the maintainer', () => {
  const client = new Lists()
  client.fill('item', 10, client.host.now() + 1)
  client.fill('stays', 3)
  client.travel(2)
  client.juggle()
  expect(client.stats()).toMatchObject({ reclaimed: 10, crawler_reclaimed: 0, curr_items: 3 })
  audit(client.arena)
  client.stop()
})

test('a flat LRU evicts in the order of use, where a use counts once a minute', () => {
  const client = new Lists({ lru_segmented: 'false' })
  client.fill('item', 60)
  expect(client.stats('items')).not.toHaveProperty('items:32:number_hot')
  client.travel(10)
  client.get('item 0')
  client.fill('more', 1)
  expect([client.has('item 0'), client.has('item 1')]).toEqual([false, true])
  client.travel(51)
  client.get('item 1')
  client.get('item 3')
  client.fill('others', 3)
  expect([1, 2, 3, 4, 5].map(i => client.has(`item ${i}`))).toEqual(
    [true, false, true, false, false])
  // A store over an old item brings it to the front too.
  client.store('item 6')
  client.fill('yet others', 2)
  expect([6, 7, 8, 9].map(i => client.has(`item ${i}`))).toEqual([true, false, false, true])
  audit(client.arena)
  client.stop()
})

test('without the maintainer each store frees what has expired at the end of its list', () => {
  const client = new Lists({ lru_segmented: 'false' })
  client.fill('item', 3, client.host.now() + 1)
  client.travel(2)
  client.store('new')
  expect(client.stats()).toMatchObject({ reclaimed: 3, curr_items: 1 })
  expect(client.command('lru mode segmented')).toBe('ERROR')
  expect(client.command('lru temp_ttl 10')).toBe('ERROR')
  client.stop()
})

test('the mode changes while items are there', () => {
  const client = new Lists()
  client.fill('item', 20)
  client.juggle()
  expect(client.command('lru mode flat')).toBe('OK')
  client.travel(1)
  client.juggle()
  expect(client.numbers).toEqual([0, 0, 20, 0])
  client.store('new')
  expect(client.numbers).toEqual([0, 0, 21, 0])
  expect(client.command('lru mode segmented')).toBe('OK')
  client.store('newer')
  expect(client.numbers).toEqual([1, 0, 21, 0])
  expect(client.command('lru temp_ttl 30')).toBe('OK')
  client.store('short', client.host.now() + 30)
  expect(client.numbers).toEqual([1, 0, 21, 1])
  expect(client.command('lru temp_ttl -1')).toBe('OK')
  client.store('shorter', client.host.now() + 20)
  expect(client.stats('items')).not.toHaveProperty('items:32:number_temp')
  expect(client.command('lru tune 50 25 0.5 1.5')).toBe('OK')
  client.fill('item', 20)
  client.juggle()
  expect(client.numbers[0]).toBe(11)
  audit(client.arena)
  client.stop()
})

test('what the lists are told stands in the settings', () => {
  const client = new Lists({ hot_lru_pct: '10', warm_max_factor: '1.5', temporary_ttl: '61' })
  const settings = () => {
    const told: Record<string, string | number> = {}
    client.engine.getStats('settings', (name, value) => { told[name] = value })
    return told
  }
  expect(settings()).toMatchObject({
    lru_maintainer_thread: 'yes', lru_segmented: 'yes', hot_lru_pct: 10, warm_lru_pct: 40,
    hot_max_factor: '0.20', warm_max_factor: '1.50', temp_lru: 'yes', temporary_ttl: 61
  })
  client.command('lru tune 11 12 0.3 0.4')
  client.command('lru temp_ttl -1')
  client.command('lru mode flat')
  expect(settings()).toMatchObject({
    lru_maintainer_thread: 'yes', lru_segmented: 'no', hot_lru_pct: 11, warm_lru_pct: 12,
    hot_max_factor: '0.30', warm_max_factor: '0.40', temp_lru: 'no'
  })
  client.stop()
})

test.each([
  ['lru', 'ERROR'],
  ['lru mode', 'ERROR'],
  ['lru mode round', 'ERROR'],
  ['lru temp_ttl', 'ERROR'],
  ['lru temp_ttl x', 'ERROR'],
  ['lru tune 10 10 1', 'ERROR'],
  ['lru tune x 10 1 1', 'ERROR'],
  ['lru tune 10 10 1 x', 'ERROR'],
  ['lru tune 40 41 1 1', 'ERROR hot and warm pcts must not exceed 80'],
  ['lru tune 40 40 0 1', 'ERROR hot/warm age factors must be greater than 0'],
  ['lru tune 40 40 1 -1', 'ERROR hot/warm age factors must be greater than 0'],
  ['lru tune 40 40 1 1', 'OK']
])('to %j the answer is %j', (line, answer) => {
  const client = new Lists()
  expect(client.command(line)).toBe(answer)
  client.stop()
})

test('held items are neither evicted nor in the way', () => {
  const client = new Lists({}, 2)
  client.fill('item', 20)
  client.juggle()
  const held = Array.from({ length: 6 }, (_, i) => {
    expect(client.engine.get(client.ask(`item ${i}`))).toBe(Status.SUCCESS)
    return client.op.item
  })
  client.fill('more', 40)
  for (let i = 0; i < 6; i++) expect(client.has(`item ${i}`)).toBe(true)
  for (const item of held) {
    client.op.item = item
    client.engine.release(client.op)
  }
  audit(client.arena)
  client.stop()
})
