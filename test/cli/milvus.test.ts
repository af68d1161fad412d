// `model2vec embed --milvus`: files of what Milvus imports, compared with those that pymilvus' own
// LocalBulkWriter writes of the same rows. No server here imports files.

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'

import { pythonEnvironment } from '../python-environment.js'
import { corpus, SMALL } from '../test-data.js'
import { emptyDirectory, model2vec } from './run.js'

const MODEL = ['--model', SMALL]
const documents = corpus('docs_en_300')
const python = pythonEnvironment('test/milvus/bulk.txt', 'pymilvus.bulk_writer')
const pythonTest = python.command === null ? test.skip : test

for (const dtype of ['float32', 'float16', 'bfloat16', 'int8', 'binary']) {
  for (const ending of ['parquet', 'json', 'npy']) {
    pythonTest(`a .${ending} of ${dtype} vectors is what pymilvus' bulk writer writes`, async (t) => {
      const directory = emptyDirectory()
      const at = (name: string): string => path.join(directory, name)
      for (const idOf of [(i: number) => i - 150, (i: number) => `doc-${i}`]) {
        writeFileSync(at('d.jsonl'), documents.map((text, i) => `${JSON.stringify({ id: idOf(i), text })}\n`).join(''))
        const options = ['--dtype', dtype, '--normalize', ...MODEL]
        const columns = ending === 'npy' ? [] : ['--id-field', 'id', '--with-text', '--vector-field', 'vector']
        const [raw, out] = [at('raw.npy'), at(`vector.${ending}`)]
        t.is((await model2vec('embed', at('d.jsonl'), '-o', raw, ...options)).code, 0)
        const { code, err } = await model2vec('embed', at('d.jsonl'), '-o', out, '--milvus', ...columns, ...options)
        t.deepEqual([code, err], [0, ''])
        const args = ['test/milvus/bulk_writer.py', dtype, raw, at('d.jsonl'), out]
        const found = execFileSync(python.command ?? '', args, {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        })
        t.deepEqual(JSON.parse(found), [])
      }
    })
  }
}

test('the JSON for Milvus is whole without rows, and after --resume', async (t) => {
  const directory = emptyDirectory()
  const at = (name: string): string => path.join(directory, name)
  writeFileSync(at('e.jsonl'), '')
  t.is((await model2vec('embed', at('e.jsonl'), '-o', at('e.json'), '--milvus', ...MODEL)).code, 0)
  t.deepEqual(JSON.parse(readFileSync(at('e.json'), 'utf8')), { rows: [] })
  writeFileSync(at('d.jsonl'), '{"text":"a"}\n{"text":"b"}\n')
  t.is((await model2vec('embed', at('d.jsonl'), '-o', at('d.json'), '--milvus', ...MODEL)).code, 0)
  t.is((JSON.parse(readFileSync(at('d.json'), 'utf8')) as { rows: unknown[] }).rows.length, 2)
})
