// Promises, by their shape: those of another realm, or a library's, are no instances of this
// realm's class.

export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
