// What TypeScript files import from each other, as the compiler parses them.

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import ts from 'typescript'

import type { Imports } from './graph.js'

/**
 * The imports among the files below a folder: types, re-exports, `import()` and `import('…').Name`
 * included. Names are relative to it.
 */
export function typescriptImports(root: string): Imports {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /\.m?ts$/.test(file))
    .sort()
  const imports = new Map<string, Set<string>>()
  for (const file of files) {
    const text = readFileSync(path.join(root, file), 'utf8')
    const named = new Set<string>()
    for (const specifier of specifiers(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))) {
      if (!specifier.startsWith('.')) continue
      named.add(path.posix.join(path.posix.dirname(file), specifier).replace(/\.(m?)js$/, '.$1ts'))
    }
    imports.set(file, named)
  }
  return imports
}

/** `import(…)` and `require(…)`. */
function isImport(called: ts.Expression): boolean {
  return called.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(called) && called.text === 'require')
}

function specifiers(file: ts.SourceFile): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) take(node.moduleSpecifier)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) take(node.argument.literal)
    else if (ts.isExternalModuleReference(node)) take(node.expression)
    else if (ts.isCallExpression(node) && isImport(node.expression)) take(node.arguments[0])
    ts.forEachChild(node, visit)
  }
  const take = (node: ts.Node | undefined): void => {
    if (node !== undefined && ts.isStringLiteral(node)) found.push(node.text)
  }
  visit(file)
  return found
}
