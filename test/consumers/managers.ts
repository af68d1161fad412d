// Package managers, as applications use them; npm is that of the machine.

export interface Manager {
  readonly name: string
  /** The program's path in the packages of test/tools. */
  readonly program: string
  readonly files?: Readonly<Record<string, string>>
  readonly add: readonly string[]
  /** How Node is started where it can't find packages by itself. */
  readonly node?: readonly string[]
}

export const MANAGERS: readonly Manager[] = [
  { name: 'pnpm', program: 'pnpm/bin/pnpm.mjs', add: ['add'] },
  { name: 'yarn 1', program: 'yarn/bin/yarn.js', add: ['add', '--non-interactive'] },
  {
    name: 'yarn 4 with node_modules',
    program: '@yarnpkg/cli-dist/bin/yarn.js',
    files: { '.yarnrc.yml': 'nodeLinker: node-modules\nnpmMinimalAgeGate: 0\n', 'yarn.lock': '' },
    add: ['add'],
  },
  {
    name: "yarn 4 with Plug'n'Play",
    program: '@yarnpkg/cli-dist/bin/yarn.js',
    files: { '.yarnrc.yml': 'nodeLinker: pnp\npnpEnableEsmLoader: true\nnpmMinimalAgeGate: 0\n', 'yarn.lock': '' },
    add: ['add'],
    node: ['node'],
  },
]
