// The fields that texts and ids are read from, as the user names them.

/**
 * A field's name, or the way to it through objects, with dots: "meta.title". Where a field has the
 * whole name, dots included, it is that one.
 */
export type FieldPath = string

/** What becomes of a row without a text: it ends the run, is left out, or has an empty text. */
export type OnNull = 'fail' | 'skip' | 'empty'

export const ON_NULL: readonly OnNull[] = ['fail', 'skip', 'empty']

/** The other fields that go from the inputs to the output: all, or those of these names. */
export type KeptFields = 'all' | readonly FieldPath[]

export function keepsFields(keep: KeptFields): boolean {
  return keep === 'all' || keep.length > 0
}

export interface Fields {
  /** Of one row, in this order; at least one. */
  readonly texts: readonly FieldPath[]
  /** What is between the texts of several fields. */
  readonly join: string
  /** Null when no ids are read. */
  readonly id: FieldPath | null
  readonly onNull: OnNull
}

/** The name of the texts' column in an output. */
export function textColumn({ texts: [first, ...others] }: Fields): string {
  return first === undefined || others.length > 0 ? 'text' : first
}

/**
 * What is at a path: in the values of a row, or in the schema of a file. An exact name comes first,
 * in inner objects too; then the shortest name before a dot.
 *
 * @param childOf the child of this exact name; undefined where there is none
 * @returns undefined where there is nothing at the path
 */
export function fieldAt<Node>(
  root: Node,
  path: FieldPath,
  childOf: (node: Node, name: string) => Node | undefined,
): Node | undefined {
  const exact = childOf(root, path)
  if (exact !== undefined) return exact
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const inner = childOf(root, path.slice(0, dot))
    const found = inner === undefined ? undefined : fieldAt(inner, path.slice(dot + 1), childOf)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * The text of a row from what its fields have; null = a field is null or missing, which the caller
 * has refused where the fields say 'fail'. A null is left out, with what would join it.
 *
 * @returns null = the row is left out
 */
export function joinedText(values: readonly (string | null)[], { join, onNull }: Fields): string | null {
  const present = values.filter((value) => value !== null)
  return present.length === 0 && onNull === 'skip' ? null : present.join(join)
}
