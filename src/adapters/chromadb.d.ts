// What is used of `chromadb`, an optional peer: the build does without it.

declare module 'chromadb' {
  export const knownEmbeddingFunctions: ReadonlyMap<string, unknown>
  export function registerEmbeddingFunction(name: string, constructor: unknown): void
}
