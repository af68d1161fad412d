// A head that is made here, for tests of how heads are loaded and called: its numbers mean nothing.

/** The bytes of `head.safetensors`: layers of these sizes, such as 32 → 9 → 2. */
export function headFile(...sizes: readonly number[]): Buffer {
  const entries: string[] = []
  let end = 0
  for (const [i, outputs] of sizes.slice(1).entries()) {
    const inputs = sizes[i] ?? 0
    for (const [name, shape] of [
      ['weight', [outputs, inputs]],
      ['bias', [outputs]],
    ] as const) {
      const begin = end
      end += shape.reduce((product, size) => product * size, 4)
      entries.push(`"head.${i}.${name}":{"dtype":"F32","shape":[${shape.join()}],"data_offsets":[${begin},${end}]}`)
    }
  }
  const header = `{${entries.join()}}`
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  const numbers = Float32Array.from({ length: end / 4 }, (_, i) => Math.sin(i * i) / 4)
  return Buffer.concat([length, Buffer.from(header), Buffer.from(numbers.buffer)])
}

/** A `config.json` with the head's description added. */
export function withHeadConfig(config: Buffer | undefined, headConfig: object): Buffer {
  return Buffer.from(JSON.stringify({ ...(JSON.parse(String(config)) as object), head_config: headConfig }))
}
