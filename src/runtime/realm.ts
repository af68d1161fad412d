// Native code makes its arrays in the realm that loaded it first. In a `vm` context (Jest, Vitest's
// `vmThreads`) the caller's `Array` and `Uint32Array` are others, and what is given out becomes one
// of these.

type Uint32s = ReturnType<Uint32Array['slice']>

export function arrayOfThisRealm<T>(array: readonly T[]): readonly T[] {
  return Object.getPrototypeOf(array) === Array.prototype ? array : Array.from(array)
}

export function idsOfThisRealm(ids: Uint32s): Uint32s {
  return Object.getPrototypeOf(ids) === Uint32Array.prototype ? ids : new Uint32Array(ids)
}
