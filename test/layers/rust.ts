// What the files of a Rust crate name of each other: every path in `use` lines and in code that
// begins with `crate`, `super`, `self` or a module of the file. Tests (`#[cfg(test)]`) don't count.
// A name that a module only passes on is taken back to the file that defines it.

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

import type { Imports } from './graph.js'

/** A module: a file, or a block `mod name { … }` in one. */
interface Module {
  readonly file: string
  readonly parent: Module | null
  readonly children: Map<string, Module>
  /** The names that it defines. */
  readonly defined: Set<string>
  /**
   * The paths that its `use` lines name, by the name that they have here; `*` for all of a module.
   */
  readonly uses: { readonly name: string; readonly path: readonly string[] }[]
  /** All paths that it names. */
  readonly paths: (readonly string[])[]
}

export interface RustImports {
  readonly imports: Imports
  /** Names that a file takes through the crate's root, `crate::Name`, as `file: crate::Name`. */
  readonly throughRoot: readonly string[]
}

/** Reads a crate from its `lib.rs` or `main.rs`; names of files are relative to `src`. */
export function rustImports(source: string): RustImports {
  const modules: Module[] = []
  const main = existsSync(path.join(source, 'lib.rs')) ? 'lib.rs' : 'main.rs'
  const root = readFile(source, main, null, '', modules)
  const imports = new Map<string, Set<string>>()
  const throughRoot = new Set<string>()
  for (const module of modules) {
    const named = imports.get(module.file) ?? new Set()
    imports.set(module.file, named)
    for (const path of module.paths) {
      for (const file of resolve(root, module, path, new Set())) if (file !== module.file) named.add(file)
      const [start, name = ''] = path
      if (start === 'crate' && module !== root && !root.children.has(name))
        throughRoot.add(`${module.file}: ${path.join('::')}`)
    }
  }
  return { imports, throughRoot: [...throughRoot].sort() }
}

/**
 * The files that define what a path names, several where platforms differ; none for a path of
 * another crate.
 */
function resolve(root: Module, from: Module, path: readonly string[], visited: Set<string>): ReadonlySet<string> {
  const key = `${from.file} ${path.join('::')}`
  if (visited.has(key)) return new Set()
  visited.add(key)
  const rest = [...path]
  let module = from
  const isOurs = ['crate', 'self', 'super'].includes(rest[0] ?? '') || from.children.has(rest[0] ?? '')
  if (rest[0] === 'crate') module = root
  if (rest[0] === 'crate' || rest[0] === 'self') rest.shift()
  for (; rest[0] === 'super'; rest.shift()) module = module.parent ?? module
  for (
    let child = module.children.get(rest[0] ?? '');
    child !== undefined;
    child = module.children.get(rest[0] ?? '')
  ) {
    module = child
    rest.shift()
  }
  const [name, ...inside] = rest
  if (name === undefined || name === '*' || module.defined.has(name)) return new Set([module.file])
  const passed = [
    ...module.uses.filter((use) => use.name === name).map((use) => [...use.path, ...inside]),
    ...module.uses.filter((use) => use.name === '*').map((use) => [...use.path.slice(0, -1), name]),
  ]
  const files = passed.flatMap((passedOn) => [...resolve(root, module, passedOn, visited)])
  return new Set(files.length > 0 || !isOurs ? files : [module.file])
}

/** Reads a file and those of its modules. `folder` is where theirs are. */
function readFile(source: string, file: string, parent: Module | null, folder: string, modules: Module[]): Module {
  const module = emptyModule(file, parent, modules)
  const reader = new Reader(tokensOf(readFileSync(path.join(source, file), 'utf8')))
  reader.read(module, modules, (owner, name) => {
    const place = [folder, ...namesOf(owner, module), name].filter((part) => part !== '').join('/')
    const child = existsSync(path.join(source, `${place}.rs`)) ? `${place}.rs` : `${place}/mod.rs`
    owner.children.set(name, readFile(source, child, owner, place, modules))
  })
  return module
}

/** The names of the blocks that `module` is in, from the file's own module on. */
function namesOf(module: Module, top: Module): string[] {
  if (module === top || module.parent === null) return []
  const [name = ''] = [...module.parent.children].find(([, child]) => child === module) ?? []
  return [...namesOf(module.parent, top), name]
}

function emptyModule(file: string, parent: Module | null, modules: Module[]): Module {
  const module = { file, parent, children: new Map(), defined: new Set<string>(), uses: [], paths: [] }
  modules.push(module)
  return module
}

/** Names, `::`, and single characters, without comments, strings and lifetimes. */
function tokensOf(text: string): string[] {
  const token =
    /\/\/.*|\/\*[^]*?\*\/|b?r(#*)"[^]*?"\1|b?"(?:\\[^]|[^"\\])*"|b?'(?:\\[^][^']*|[^'\\])'|'\w+|([A-Za-z_]\w*)|(::)|(\S)/g
  return [...text.matchAll(token)].flatMap(([, , name, colons, other]) => name ?? colons ?? other ?? [])
}

const DEFINES: ReadonlySet<string> = new Set(['fn', 'struct', 'enum', 'union', 'trait', 'type', 'const', 'static'])

class Reader {
  readonly #tokens: readonly string[]
  #at = 0

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  #peek(ahead = 0): string {
    return this.#tokens[this.#at + ahead] ?? ''
  }

  /** Reads to the end of the file, or of the block that `module` is. */
  read(module: Module, modules: Module[], readChild: (owner: Module, name: string) => void): void {
    let depth = 0
    const names: (readonly [string, readonly string[]])[] = []
    for (; this.#at < this.#tokens.length; this.#at++) {
      const token = this.#peek()
      if (token === '{') depth++
      else if (token === '}' && depth-- === 0) break
      else if (token === '#' && this.#peek(1) === '[') this.#attribute()
      else if (token === 'pub' && this.#peek(1) === '(') this.#toEnd('(', ')')
      else if (token === 'mod' && depth === 0 && this.#peek(2) === ';') readChild(module, this.#peek(1))
      else if (token === 'mod' && depth === 0 && this.#peek(2) === '{') {
        const block = emptyModule(module.file, module, modules)
        module.children.set(this.#peek(1), block)
        this.#at += 3
        this.read(block, modules, readChild)
      } else if (token === 'use') this.#use(module, depth)
      else if (depth === 0 && DEFINES.has(token))
        module.defined.add(this.#peek(1) === 'mut' ? this.#peek(2) : this.#peek(1))
      else if (depth === 0 && token === 'macro_rules') module.defined.add(this.#peek(2))
      else if (this.#peek(1) === '::' && this.#peek(-1) !== '::' && /^\w/.test(token)) names.push([token, this.#path()])
    }
    for (const [first, path] of names) {
      if (['crate', 'self', 'super'].includes(first) || module.children.has(first)) module.paths.push(path)
    }
  }

  /**
   * Goes to the last token of an attribute, and of the item after `#[cfg(test)]` or one that asks
   * for more than that.
   */
  #attribute(): void {
    const start = this.#at
    this.#at++
    this.#toEnd('[', ']')
    const attribute = this.#tokens.slice(start + 2, this.#at).join('')
    if (!/^cfg\((?:all\()?test\b/.test(attribute)) return
    this.#at++
    while (this.#peek() === '#') {
      this.#at++
      this.#toEnd('[', ']')
      this.#at++
    }
    for (; this.#peek() !== ';' && this.#at < this.#tokens.length; this.#at++) {
      if (this.#peek() !== '{') continue
      this.#toEnd('{', '}')
      return
    }
  }

  /** From an opening bracket to the closing one. */
  #toEnd(open: string, close: string): void {
    for (let depth = 0; this.#at < this.#tokens.length; this.#at++) {
      if (this.#peek() === open) depth++
      else if (this.#peek() === close && --depth === 0) return
    }
  }

  /** A path in code: goes to its last token. */
  #path(): string[] {
    const names = [this.#peek()]
    while (this.#peek(1) === '::' && /^\w/.test(this.#peek(2))) {
      names.push(this.#peek(2))
      this.#at += 2
    }
    return names
  }

  #use(module: Module, depth: number): void {
    this.#at++
    if (this.#peek() === '<') return
    for (const { name, path } of this.#tree([])) {
      module.paths.push(path)
      // A `use` in a function holds there only.
      if (depth === 0) module.uses.push({ name, path })
    }
  }

  /** One tree of a `use` line: goes to the token after it. */
  #tree(prefix: readonly string[]): { name: string; path: readonly string[] }[] {
    const path = [...prefix]
    for (;;) {
      const token = this.#peek()
      this.#at++
      if (token === '{') {
        const trees = []
        while (this.#peek() !== '}') {
          trees.push(...this.#tree(path))
          if (this.#peek() === ',') this.#at++
        }
        this.#at++
        return trees
      }
      if (token !== '::') path.push(token)
      if (token === '::' || this.#peek() === '::') continue
      const last = path.at(-1) === 'self' && path.length > 1 ? path.slice(0, -1) : path
      let name = last.at(-1) ?? ''
      if (this.#peek() === 'as') {
        name = this.#peek(1)
        this.#at += 2
      }
      return [{ name, path: last }]
    }
  }
}
