// The real fields of a typed array: an own property or a subclass could show others, and native
// code trusts what is said here.

const typedArray: object = Object.getPrototypeOf(Float32Array.prototype) as object
const getter = (name: PropertyKey): ((this: object) => unknown) =>
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the array as `this`
  Object.getOwnPropertyDescriptor(typedArray, name)?.get as () => unknown
const getLength = getter('length')
const getBuffer = getter('buffer')
const getByteOffset = getter('byteOffset')
const getClassName = getter(Symbol.toStringTag)

export function lengthOf(array: object): number {
  return getLength.call(array) as number
}

export function bufferOf(array: object): ArrayBufferLike {
  return getBuffer.call(array) as ArrayBufferLike
}

/** Whether an array has lost its memory, which leaves it without elements. */
export function isDetached(array: object): boolean {
  try {
    new Uint8Array(bufferOf(array))
    return false
  } catch {
    return true
  }
}

export function byteOffsetOf(array: object): number {
  return getByteOffset.call(array) as number
}

/** The name of a typed array's class, of any realm: 'Float32Array'; undefined for anything else. */
export function typedArrayClass(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null ? (getClassName.call(value) as string | undefined) : undefined
}
