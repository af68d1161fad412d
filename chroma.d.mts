// The types for `import`: those of `require`.

export * from './chroma.js'
