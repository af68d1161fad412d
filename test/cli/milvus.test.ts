// `model2vec embed --milvus`: files of what Milvus imports, compared with those that pymilvus' own
// LocalBulkWriter writes of the same rows. No server here imports files.

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'

import { pythonEnvironment } from '../python-environment.js'
import { corpus, SMALL } from '../test-data.js'
import type * as limitsModule from '../../dist/cli/output/milvus-limits.js'
import { load } from './modules.js'
import { emptyDirectory, model2vec } from './run.js'

const { assertImportable } = load('output/milvus-limits') as typeof limitsModule

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

test('a text that no VarChar of Milvus holds is an error with its line', async (t) => {
  const directory = emptyDirectory()
  const [file, out] = [path.join(directory, 'd.jsonl'), path.join(directory, 'd.parquet')]
  const embed = (text: string): ReturnType<typeof model2vec> => {
    writeFileSync(file, `{"text":"a"}\n${JSON.stringify({ text })}\n`)
    return model2vec('embed', file, '-o', out, '--milvus', '--with-text', ...MODEL)
  }
  t.is((await embed('\u00e9'.repeat(32_767))).code, 0)
  const { code, err } = await embed('\u00e9'.repeat(32_768))
  t.is(code, 1)
  t.regex(err, /d\.jsonl:2: expected at most 65535 bytes in "text", .* but got 65536\n$/)
})

test('a file that is too large for an import of Milvus is an error', (t) => {
  t.notThrows(() => {
    assertImportable(16 * 2 ** 30)
  })
  t.throws(
    () => {
      assertImportable(16 * 2 ** 30 + 1)
    },
    { message: /^Milvus imports files of at most 16 GiB/ },
  )
})

test('the JSON for Milvus is whole, also without rows', async (t) => {
  const directory = emptyDirectory()
  const at = (name: string): string => path.join(directory, name)
  writeFileSync(at('e.jsonl'), '')
  t.is((await model2vec('embed', at('e.jsonl'), '-o', at('e.json'), '--milvus', ...MODEL)).code, 0)
  t.deepEqual(JSON.parse(readFileSync(at('e.json'), 'utf8')), { rows: [] })
  writeFileSync(at('d.jsonl'), '{"text":"a"}\n{"text":"b"}\n')
  t.is((await model2vec('embed', at('d.jsonl'), '-o', at('d.json'), '--milvus', ...MODEL)).code, 0)
  t.is((JSON.parse(readFileSync(at('d.json'), 'utf8')) as { rows: unknown[] }).rows.length, 2)
})
