// The types for `import`: those of `require`.

export * from './milvus.js'
