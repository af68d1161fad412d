// Which files of a repository make a model: those of the first layout that is whole, and no others.

/** The files of one layout. */
interface Layout {
  /** The configuration, the tokenizer, the table: the smaller ones first. */
  readonly files: readonly [config: string, tokenizer: string, table: string]
  /** The table's name in its file. */
  readonly tensor: string
}

/**
 * The folder layouts in their order (model2vec 0.10.0, persistence/datamodels.py,
 * `FOLDER_LAYOUTS`). The engine has the same list (crates/engine, model/layout.rs); a download
 * works without it, so it stands here as well, and a test compares the two.
 */
export const LAYOUTS: readonly Layout[] = [
  { files: ['config.json', 'tokenizer.json', 'model.safetensors'], tensor: 'embeddings' },
  { files: ['config_sentence_transformers.json', 'tokenizer.json', 'model.safetensors'], tensor: 'embedding.weight' },
  {
    files: [
      'config_sentence_transformers.json',
      '0_StaticEmbedding/tokenizer.json',
      '0_StaticEmbedding/model.safetensors',
    ],
    tensor: 'embedding.weight',
  },
]

/** The files of all layouts, each once. */
export const LAYOUT_FILES: readonly string[] = [...new Set(LAYOUTS.flatMap(({ files }) => files))]

/** The files of a layout, or what each layout lacks, for a message. */
export type LayoutFiles = Layout | { readonly files: null; readonly lacks: string }

/** @param has whether a file is there, by its name with `/` */
export function layoutFiles(has: (file: string) => boolean): LayoutFiles {
  const missing = LAYOUTS.map(({ files }) => files.filter((file) => !has(file)))
  const whole = missing.findIndex((files) => files.length === 0)
  const layout = LAYOUTS[whole]
  if (layout !== undefined) return layout
  return { files: null, lacks: missing.map((names) => names.join(' and ')).join(', or ') }
}

/**
 * The file of a head, beside the configuration, and that of pipelines from before model2vec 0.10,
 * which need Python (model2vec 0.10.0, inference/model.py). The engine has the same
 * names, and a test compares them.
 */
export const HEAD_FILE = 'head.safetensors'
export const LEGACY_HEAD_FILE = 'pipeline.skops'
