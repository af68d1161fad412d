// Starts calls of every kind and leaves the process in the middle of them. Arguments: model,
// milliseconds until the exit.

import { Model2VecEmbeddingFunction } from 'model2vec-node'

const [, , model = '', delay = '0'] = process.argv
const ef = new Model2VecEmbeddingFunction(model)
const texts = Array.from({ length: 20_000 }, (_, i) => `the ${i} quick brown foxes jump over lazy dogs`)
const dim = ef.dim
for (const out of [
  undefined,
  new Float32Array(texts.length * dim),
  new Float32Array(new SharedArrayBuffer(texts.length * dim * 4)),
]) {
  void ef.encode(texts, { out })
}
void ef.encodeAsSequence(texts)
void Model2VecEmbeddingFunction.load(model)
if (delay === '0') process.exit(7)
setTimeout(() => process.exit(7), Number(delay))
