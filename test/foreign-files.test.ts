// Files of another kind under the names of a model's files: a download gone wrong, the model in
// another format.

import { cpSync, mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

import test from 'ava'
import { Model2VecEmbeddingFunction, Model2VecError } from 'model2vec-node'

import { SMALL } from './test-data.js'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

/**
 * Files, and what the error says that each is. The pickles are `pickle.dumps({}, protocol)`, the
 * zip is `zipfile.ZipFile(path, 'w').close()`.
 */
const KINDS: readonly (readonly [Buffer, string])[] = [
  [bytes('version https://git-lfs.github.com/spec/v1\noid sha256:0f\nsize 30\n'), 'a Git LFS pointer'],
  [bytes('version https://git-lfs.github.com/spec/v1\r\noid sha256:0f\r\n'), 'a Git LFS pointer'],
  [Buffer.from('<!doctype html><html>'), 'an HTML page'],
  [Buffer.from('\ufeff<!DOCTYPE html><html>'), 'an HTML page'],
  [Buffer.from('<!-- a portal --><html><body>hello</body></html>'), 'an HTML page'],
  [Buffer.from('\n<head><title>Sign in</title></head>'), 'an HTML page'],
  [Buffer.from('<body>hello</body>'), 'an HTML page'],
  [Buffer.from('<script>location = "/login"</script>'), 'an HTML page'],
  [Buffer.from('\ufeff<?xml version="1.0"?><Error/>'), 'an XML document'],
  [gzipSync('hello'), 'a gzip file'],
  [bytes(`PK\x03\x04${'\0'.repeat(60)}`), 'a zip archive'],
  [bytes(`PK\x05\x06${'\0'.repeat(18)}`), 'an empty zip archive'],
  [bytes('(dp0\n.'), 'a Python pickle'],
  [bytes('\x80\x02}q\0.'), 'a Python pickle'],
  [bytes('GGUF\x03\0\0\0\x1f\0\0\0\0\0\0\0'), 'a GGUF file'],
  [bytes('\x08\x07\x12\x07pytorch\x1a\x052.1.0'), 'an ONNX model'],
  [bytes('Entry not found'), 'text that begins `Entry not found`'],
  [Buffer.from(`Zugriff verweigert: ${'ü'.repeat(1000)}`), 'text that begins `Zugriff verweigert: ü'],
]

for (const [name, code, expected] of [
  ['model.safetensors', 'ERR_BAD_SAFETENSORS', 'a safetensors file'],
  ['tokenizer.json', 'ERR_BAD_TOKENIZER', 'a JSON object'],
  ['config.json', 'ERR_BAD_CONFIG', 'a JSON object'],
] as const) {
  test(`a file of another kind named ${name} is named for what it is`, (t) => {
    for (const [file, kind] of KINDS) {
      const directory = mkdtempSync(path.join(os.tmpdir(), 'model2vec-foreign-'))
      cpSync(SMALL, directory, { recursive: true })
      writeFileSync(path.join(directory, name), file)
      const error = t.throws(
        () => new Model2VecEmbeddingFunction(directory),
        { instanceOf: Model2VecError, code },
        kind,
      )
      t.true(error.message.includes(`expected ${expected}, found ${kind}`), error.message)
    }
  })
}
