// Prints the CRC-32 of every vector of the edge corpus. Argument: model.

import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { corpus, crc } from '../test-data.js'

const ef = new Model2VecEmbeddingFunction(process.argv[2])
console.log(JSON.stringify({ kernel: ef.info.kernel, crc32: Array.from(ef.encodeSync(corpus('edge')), crc) }))
