// From a source and its options to a model: at once, or when it is first waited for.

import { Model } from './model.js'
import { ModelState } from './model-state.js'
import type { CheckedLoadOptions } from './options/load.js'
import { locateModel } from './source.js'

/** What the constructor does: loads a model that is at hand on this thread, and leaves any other pending. */
export function loadOrLeave(source: unknown, options: CheckedLoadOptions): ModelState {
  return ModelState.loaded(Model.openSync(locateModel(source, options), options))
}

/** What `load` does: leaves the model pending, so that all the work is done off the event loop. */
export function leavePending(source: unknown, options: CheckedLoadOptions): ModelState {
  return ModelState.pending('must be loaded', () => getModel(source, options))
}

async function getModel(source: unknown, options: CheckedLoadOptions): Promise<Model> {
  return Model.open(locateModel(source, options), options)
}
