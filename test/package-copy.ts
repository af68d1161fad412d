// The built package in a folder of its own, where none of the packages is that are installed here.

import { cpSync, mkdtempSync, readdirSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** This platform's native module. */
export function addonFile(): string {
  const [addon = ''] = readdirSync('.').filter((file) => file.endsWith('.node'))
  return path.resolve(addon)
}

/** @returns its folder, without a native module */
export function packageCopy(): string {
  const root = mkdtempSync(path.join(os.tmpdir(), 'model2vec-package-'))
  cpSync('package.json', path.join(root, 'package.json'))
  cpSync('dist', path.join(root, 'dist'), { recursive: true })
  return root
}

/** The same with its native module. */
export function packageCopyWithAddon(): string {
  const root = packageCopy()
  cpSync(addonFile(), path.join(root, path.basename(addonFile())))
  return root
}
