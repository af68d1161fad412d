// The head of a model, as JavaScript knows it.

import type { HeadActivation, NativeHead } from '../native/interface.js'

/** A class of a classifier, as the model names it. */
export type ClassLabel = string | number | boolean

/** The head of a loaded model. */
export interface ModelHead {
  /** What comes after the last layer. */
  readonly activation: HeadActivation
  /** The class of each output; null = the head names none, as that of a regression. Frozen. */
  readonly classes: readonly ClassLabel[] | null
  /** How many layers there are; with none, the output is the embedding. */
  readonly layers: number
  /** Dimensions of an embedding, which the head takes. */
  readonly inputs: number
  /** How many outputs the last layer has. */
  readonly outputs: number
  /** numpy's number type of the outputs. */
  readonly precision: NativeHead['precision']
}

/** What native code says about a head. */
export function modelHead(head: NativeHead | null): ModelHead | null {
  if (head === null) return null
  const { activation, classes, layers, inputs, outputs, precision } = head
  // The engine has checked it.
  const labels = classes == null ? null : Object.freeze(JSON.parse(classes) as ClassLabel[])
  return { activation, classes: labels, layers, inputs, outputs, precision }
}
