import { createRequire } from 'node:module'
const cpu=()=>{const u=process.cpuUsage();return (u.user+u.system)/1000}
const a=createRequire(import.meta.url)(process.env.MODEL2VEC_NATIVE_PATH)
const r=[]
const keep=[]
for (let i=0;i<8;i++){
const u0=process.cpuUsage(), f0=process.resourceUsage().minorPageFault
keep.push(a.openModelSync('/work/w29/npm/potion-base-8m',{memory:process.argv[2]??'auto', dimensionality:undefined, subfolder: i===0?undefined:'./'.repeat(i)}))
const u1=process.cpuUsage(), f1=process.resourceUsage().minorPageFault
r.push([(u1.user-u0.user)/1000,(u1.system-u0.system)/1000,f1-f0])
}
console.log(JSON.stringify(r))
