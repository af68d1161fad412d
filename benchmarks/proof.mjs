// Proves, before anything is timed, that all give the same vectors: ours equal to Python's in every
// bit, in each of its forms; the others within what the order of float sums makes; and on how many
// texts they don't. For those who only tokenize, the same with ids.

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { PeerProcess } from './peer-process.mjs'

export const OUR_FORMS = ['sync', 'async', 'sync-out', 'async-out']

/**
 * Elements may differ by so much: sums of 512 float32 rows in another order, and results rounded to
 * float16 or not.
 */
const TOLERANCE = { F32: 1e-5, F16: 2e-3 }

/**
 * Compares `texts` through all of `peers`.
 *
 * @returns `{ kernel, reference, texts, tolerance, ours: { [form]: wrong texts }, peers: { [name]: { wrong, largest } | { error } },
 *   tokenizing: { [name]: { wrong } | { error } } }`; without Python `reference` is 'sync', so that our forms prove each other only
 */
export async function prove({ folder, texts, peers, tokenizing, directory }) {
  const file = path.join(directory, 'proof.json')
  writeFileSync(file, JSON.stringify(texts))
  const python = peers.find(({ name }) => name === 'model2vec')
  const ours = peers.find(({ name }) => name === 'ours')
  const tolerance = TOLERANCE[tableType(folder)] ?? TOLERANCE.F32

  const output = ({ name }) => path.join(directory, `${name}.bin`)
  const vectors = async (process_, peer, form) => {
    await process_.ask({ do: 'vectors', texts: file, form, to: output(peer) })
    return new Uint32Array(arrayBuffer(output(peer)))
  }
  const ids = async (process_, peer, dropped) => {
    const answer = await process_.ask({ do: 'ids', texts: file, to: output(peer) })
    return { ...answer, rows: idsOf(output(peer), dropped) }
  }
  const result = {
    reference: python === undefined ? 'sync' : python.name,
    texts: texts.length,
    tolerance,
    ours: {},
    peers: {},
    tokenizing: {},
  }

  let expected
  let expectedIds
  let unknown
  if (python !== undefined) {
    await inProcess(python, folder, async (process_) => {
      expected = await vectors(process_, python, '')
      if (tokenizing.length > 0) ({ rows: expectedIds, unknown } = await ids(process_, python, null))
    })
  }
  await inProcess(ours, folder, async (process_, { kernel }) => {
    result.kernel = kernel
    for (const form of OUR_FORMS) {
      const own = await vectors(process_, ours, form)
      expected ??= own
      result.ours[form] = differences(own, expected, texts.length, 0).wrong
    }
    if (tokenizing.length > 0) {
      const { rows } = await ids(process_, ours, null)
      expectedIds ??= rows
      result.ours.tokenize = differentIds(rows, expectedIds)
    }
  })
  // All at once: nothing is timed yet.
  await Promise.all([
    ...peers
      .filter((peer) => peer !== ours && peer !== python)
      .map(async (peer) => {
        result.peers[peer.name] = await failing(peer, folder, async (process_) =>
          differences(await vectors(process_, peer, ''), expected, texts.length, tolerance),
        )
      }),
    ...tokenizing.map(async (peer) => {
      result.tokenizing[peer.name] = await failing(peer, folder, async (process_) => ({
        wrong: differentIds((await ids(process_, peer, unknown ?? null)).rows, expectedIds),
      }))
    }),
  ])
  return result
}

/** Whether all forms of ours gave what the reference did. */
export function holds(proof) {
  return Object.values(proof.ours).every((wrong) => wrong === 0)
}

async function inProcess(peer, folder, work) {
  const process_ = await PeerProcess.start(peer, 2)
  try {
    return await work(process_, await process_.ask({ do: 'load', model: folder, threads: 2 }))
  } finally {
    await process_.close()
  }
}

async function failing(...all) {
  try {
    return await inProcess(...all)
  } catch (error) {
    return { error: error.message }
  }
}

function arrayBuffer(file) {
  const bytes = readFileSync(file)
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
}

/**
 * On how many texts an element differs by more than `tolerance`, and the largest difference there
 * is. With 0, bits are compared.
 */
function differences(own, expected, texts, tolerance) {
  if (own.length !== expected.length) return { wrong: texts, largest: null }
  const dim = own.length / texts
  const a = new Float32Array(own.buffer)
  const b = new Float32Array(expected.buffer)
  let wrong = 0
  let largest = 0
  for (let text = 0; text < texts; text++) {
    let differs = false
    for (let i = text * dim; i < (text + 1) * dim; i++) {
      if (own[i] === expected[i]) continue
      const difference = Math.abs(a[i] - b[i])
      // Also where one of them is NaN.
      if (tolerance === 0 || !(difference <= tolerance)) differs = true
      if (difference > largest) largest = difference
    }
    if (differs) wrong++
  }
  return { wrong, largest }
}

/** One string of ids a text, without the unknown one, which Python drops. */
function idsOf(file, unknown) {
  const words = new Uint32Array(arrayBuffer(file))
  const rows = []
  for (let at = 0; at < words.length; at += words[at] + 1) {
    const ids = words.subarray(at + 1, at + 1 + words[at])
    rows.push((unknown === null ? ids : ids.filter((id) => id !== unknown)).join(' '))
  }
  return rows
}

function differentIds(own, expected) {
  if (own.length !== expected.length) return expected.length
  return own.filter((ids, i) => ids !== expected[i]).length
}

function tableType(folder) {
  const bytes = readFileSync(path.join(folder, 'model.safetensors'))
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE())))
  return header.embeddings?.dtype
}
