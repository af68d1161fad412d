// A matrix in an `.npy` file, which numpy.load reads and numpy.save writes.

import { randomBytes } from 'node:crypto'
import { open, rename, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import path from 'node:path'

import { widthOf } from '../dtype.js'
import type { Dtype } from '../dtype.js'
import { messageOf, Model2VecError } from '../errors.js'
import { count, invalid, read } from '../options/checks.js'
import { dtypeName } from '../options/encode.js'
import { fileBehindLinks } from '../runtime/linked-file.js'
import { localPath } from '../runtime/local-path.js'
import { process } from '../runtime/node-globals.js'
import { systemReason } from '../runtime/system-reason.js'
import { allocate, assertPresent } from '../row-memory.js'
import { npyHeader } from './npy-header.js'
import { fill, readNpyHeader } from './npy-reader.js'
import { partsOf, rowWithSpareBits } from './parts.js'
import type { MatrixParts } from './parts.js'

/** Options of `EmbeddingMatrix.load`. */
export interface MatrixFileOptions<D extends Dtype = Dtype> {
  /**
   * The element type that the file should have: `ERR_INVALID_OPTION` where it has another one.
   * @default the file's: `<f4` is 'float32', `<f2` 'float16', `<V2` 'bfloat16', `|i1` 'int8', `|u1`
   * 'binary'
   */
  readonly dtype?: D | undefined
  /**
   * Dimensions of a vector, which a file of 'binary' rows doesn't say exactly: `ERR_INVALID_OPTION`
   * where its rows have another length.
   * @default what the rows have: 8 per byte of 'binary'
   */
  readonly dim?: number | undefined
}

/**
 * The most bytes that are written at once, so that a large file doesn't hold one of Node's threads
 * for long.
 */
const WRITE_BYTES = 1 << 24

/**
 * @throws Model2VecError `ERR_BAD_NPY` when the file holds no matrix, `ERR_INVALID_OPTION` when it can't be read or is not what the
 *   options say; OutOfMemoryError
 */
export async function loadNpy(file: unknown, options: unknown): Promise<MatrixParts> {
  const given = read('EmbeddingMatrix.load', options, ['dtype', 'dim'])
  const dtype = dtypeName('dtype', given.dtype)
  const dim = count('dim', given.dim)
  const place = localPath('path', file)
  const handle = await systemErrors(place, 'read', () => open(place, 'r'))
  try {
    const { shape, start } = await systemErrors(place, 'read', () => readNpyHeader(handle)).catch((error: unknown) => {
      throw error instanceof Model2VecError ? error : bad(place, messageOf(error), error)
    })
    if (dtype !== undefined && dtype !== shape.dtype)
      throw invalid('dtype', `'${shape.dtype}', which ${place} has`, dtype)
    if (dim !== undefined && widthOf(shape.dtype, dim) !== shape.width)
      throw invalid('dim', `for rows of ${shape.width} elements, which ${place} has`, dim)
    const data = allocate(shape.dtype, shape.rows * shape.width, `the vectors of ${place}`)
    const bytes = new Uint8Array(data.buffer)
    if (!(await systemErrors(place, 'read', () => fill(handle, bytes, start))))
      throw bad(place, `expected ${shape.rows} rows, but the file became shorter`)
    const dimensions = dim ?? (shape.dtype === 'binary' ? shape.width * 8 : shape.width)
    const spare = rowWithSpareBits(data, shape.dtype, dimensions)
    if (spare !== null) throw bad(place, `row ${spare} has bits beyond the ${dimensions} dimensions`)
    return partsOf(data, shape.rows, { dtype: shape.dtype, dim: dimensions }, null)
  } finally {
    await handle.close()
  }
}

/**
 * Writes beside the file, then renames: at any moment the old file is there, or the new one, whole
 * and on the disk. A link to a file is followed; a file that is replaced passes on its mode and its owner.
 *
 * @throws Model2VecError `ERR_INVALID_OPTION` when it can't be written, `ERR_OUT_TOO_SMALL` when
 * the memory of the vectors is gone
 */
export async function saveNpy(
  matrix: Pick<MatrixParts, 'data' | 'rows' | 'dtype'> & { readonly width: number },
  file: unknown,
): Promise<void> {
  const place = localPath('path', file)
  if (typeof file === 'string' && /[/\\]$/.test(file)) throw invalid('path', 'the path of a file', file)
  const { data, rows, width, dtype } = matrix
  assertPresent(data, rows * width)
  await systemErrors(place, 'written', async () => {
    const target = await fileBehindLinks(place)
    const before = await stat(target).catch(() => null)
    if (before?.isFile() === false) throw new Model2VecError('ERR_INVALID_OPTION', `\`path\` ${place} is no file`)
    // A short name: the file's own may be as long as names can be.
    const temporary = path.join(path.dirname(target), `.model2vec-${process.pid}-${randomBytes(6).toString('hex')}.npy`)
    try {
      const handle = await open(temporary, 'wx', before === null ? 0o666 : before.mode & 0o777)
      try {
        await write(handle, npyHeader({ dtype, rows, width }))
        assertPresent(data, rows * width)
        await write(handle, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
        if (before !== null) {
          // Only a superuser may give files away.
          if (process.getuid?.() === 0) await handle.chown(before.uid, before.gid)
          // What the process's mask took from the mode.
          await handle.chmod(before.mode & 0o7777)
        }
        await handle.sync()
      } finally {
        await handle.close()
      }
      // The memory that was read was the caller's all the time.
      assertPresent(data, rows * width)
      await rename(temporary, target)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  })
}

async function write(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(bytes.length - done, WRITE_BYTES))
    done += bytesWritten
  }
}

function bad(place: string, reason: string, cause?: unknown): Model2VecError {
  return new Model2VecError('ERR_BAD_NPY', `${place}: ${reason}`, { cause })
}

/** Waits for work on a file: system errors then name the file, and say what could not be done. */
async function systemErrors<T>(place: string, done: 'read' | 'written', work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const reason = systemReason(error)
    if (reason === null) throw error
    const message = `\`path\` ${place} can't be ${done}: ${reason}`
    throw new Model2VecError('ERR_INVALID_OPTION', message, { cause: error })
  }
}
