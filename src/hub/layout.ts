// Which files of a repository make a model: those of the first layout that is whole, and no others.

/** The files of each folder layout, in their order (model2vec 0.10.0, persistence/datamodels.py, `FOLDER_LAYOUTS`). */
const LAYOUTS = [
  ['config.json', 'tokenizer.json', 'model.safetensors'],
  ['config_sentence_transformers.json', 'tokenizer.json', 'model.safetensors'],
  ['config_sentence_transformers.json', '0_StaticEmbedding/tokenizer.json', '0_StaticEmbedding/model.safetensors'],
] as const

/** The files of a layout, or what each layout lacks, for a message. */
export type LayoutFiles = { readonly files: readonly string[] } | { readonly files: null; readonly lacks: string }

/** @param has whether a file is there, by its name with `/` */
export function layoutFiles(has: (file: string) => boolean): LayoutFiles {
  const missing = LAYOUTS.map((files) => files.filter((file) => !has(file)))
  const whole = missing.findIndex((files) => files.length === 0)
  const files = LAYOUTS[whole]
  if (files !== undefined) return { files }
  return { files: null, lacks: missing.map((names) => names.join(' and ')).join(', or ') }
}
