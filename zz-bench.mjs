import { Op } from '@memplug/engine'
const name=process.argv[2]
const { createEngine } = await import(`/work/main/engines/${name}/dist/index.js`)
const threads=+(process.argv[3]??1)
const host = { settings: { memoryLimit: 64*2**20, maxItemSize: 1<<20, maxKeySize: 250, evictions: true, cas: true, growthFactor: 1.25, minItemSpace: 48 }, config: {}, epoch: 0, thread: 0, threads, shared: undefined, now: () => 2, log: console.log }
const engine = createEngine(); engine.initialize(host)
const op = new Op(); op.key = Buffer.alloc(64); op.keyEnd=20; op.key.fill(48)
const K=100000
const setKey = k => { op.key.writeInt32LE(k,0) }
const set = k => { setKey(k); op.size = 100; op.mode=0; op.flags=0; op.expires=0; op.compare=false
  const s = engine.allocate(op); if (s !== 0) throw new Error('allocate '+s); const r=engine.store(op); if(r!==0) throw new Error('store'+r); engine.release(op) }
const get = k => { setKey(k); op.mode=0; if (engine.get(op) !== 0) return false; engine.release(op); return true }
for(let i=0;i<K;i++)set(i)
const cpu=()=>BigInt(process.cpuUsage().user*1000)
const N=3e6
const order=new Int32Array(N).map(()=>Math.random()*K), kind=new Uint8Array(N).map(()=>Math.random()<0.1?1:0)
for(let r=0;r<6;r++){
 let t=cpu(); for(let i=0;i<N;i++) kind[i]?set(order[i]):get(order[i]); const mix=Number(cpu()-t)/N
 t=cpu(); for(let i=0;i<N/3;i++) set(order[i]); const sets=Number(cpu()-t)/(N/3)
 t=cpu(); for(let i=0;i<N/3;i++) get(order[i]); const gets=Number(cpu()-t)/(N/3)
 console.log(name,'mix10',mix.toFixed(0),'ns  set',sets.toFixed(0),' get',gets.toFixed(0))
}
engine.destroy()
