const cpu=()=>{const u=process.cpuUsage();return (u.user+u.system)/1000}
const t0=cpu()
const { Model2VecEmbeddingFunction } = await import('model2vec-node')
const t1=cpu()
const [,, memory='auto'] = process.argv
const ef = new Model2VecEmbeddingFunction(undefined, { memory })
const t2=cpu()
ef.encodeSync('a dog in the park')
const t3=cpu()
ef.encodeSync('another dog in the park')
const t4=cpu()
console.log(JSON.stringify([t1-t0,t2-t1,t3-t2,t4-t3]))
