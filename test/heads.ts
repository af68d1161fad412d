// The committed heads, and what Python made of them: see test/fixtures/README.md, "Heads".

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import type { Activation, Label } from 'model2vec-node'

const UNPACKED = path.resolve('test/fixtures/unpacked')

/** The names of all heads. */
export function headNames(): string[] {
  return readdirSync(path.join(UNPACKED, 'heads')).sort()
}

/** The folder of a pipeline. */
export function headPath(name: string): string {
  return path.join(UNPACKED, 'heads', name)
}

/** What Python made of one corpus. */
export interface HeadRun {
  readonly corpus: string
  readonly rows: number
  /** numpy's type of the result. */
  readonly dtype: 'float16' | 'float32' | 'float64'
  readonly max_length?: number
  /** A label per text, or a list of labels. */
  readonly labels?: readonly (Label | readonly Label[])[]
  /** Multi-label, by the threshold. */
  readonly labelsAbove?: Readonly<Record<string, readonly (readonly Label[])[]>>
}

export interface HeadReference {
  readonly model: string
  readonly activation: Activation
  readonly classes: readonly Label[] | null
  readonly runs: Readonly<Record<string, HeadRun>>
  /** `<run>.logits` and `<run>.proba`, rows × outputs. */
  readonly tensors: ReadonlyMap<string, ArrayLike<number>>
}

export function headReference(name: string): HeadReference {
  const folder = path.join(UNPACKED, 'head-references', name)
  const facts = JSON.parse(readFileSync(path.join(folder, 'reference.json'), 'utf8')) as Omit<HeadReference, 'tensors'>
  return { ...facts, tensors: tensorsOf(path.join(folder, 'reference.safetensors')) }
}

/** The tensors of a safetensors file of float16, float32 and float64, as numbers. */
export function tensorsOf(file: string): ReadonlyMap<string, ArrayLike<number>> {
  const bytes = readFileSync(file)
  const start = 8 + Number(bytes.readBigUInt64LE())
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { readonly dtype: string; readonly data_offsets: readonly [number, number] }
  >
  const tensors = new Map<string, ArrayLike<number>>()
  for (const [name, { dtype, data_offsets: offsets }] of Object.entries(header)) {
    const part = bytes.buffer.slice(bytes.byteOffset + start + offsets[0], bytes.byteOffset + start + offsets[1])
    if (dtype === 'F32') tensors.set(name, new Float32Array(part))
    else if (dtype === 'F64') tensors.set(name, new Float64Array(part))
    else tensors.set(name, Array.from(new Uint16Array(part), halfValue))
  }
  return tensors
}

/** The value of a float16's bits. */
function halfValue(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023]
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return exponent === 0 ? (sign * fraction) / 2 ** 24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
