import { createRequire } from 'node:module'
const cpu=()=>{const u=process.cpuUsage();return (u.user+u.system)/1000}
const { Model2VecEmbeddingFunction } = await import('model2vec-node')
const t1=cpu()
const a=createRequire(import.meta.url)(process.env.MODEL2VEC_NATIVE_PATH)
const t2=cpu()
const m=a.openModelSync('/work/w29/npm/potion-base-8m',{memory:process.argv[2]??'auto'})
const t3=cpu()
const ef = new Model2VecEmbeddingFunction(undefined, { memory:process.argv[2]??'auto' })
const t4=cpu()
console.log(JSON.stringify([t2-t1,t3-t2,t4-t3]))
