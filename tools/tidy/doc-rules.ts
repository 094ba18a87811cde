import type { Node } from 'oxc-parser'
import type { Problem } from './problem.ts'
import { type Project, isTrial } from './project.ts'
import type { SourceFile } from './source.ts'

interface Exported {
  readonly name: string
  /** Where a doc comment has to end, apart from white space. */
  readonly start: number
}

/** Exported functions and classes under `src/` say what they are to those who use them. */
export function checkDocs(project: Project): readonly Problem[] {
  return [...project.sources.values()].flatMap((file) => {
    if (!file.path.startsWith('src/') || isTrial(file.path)) return []
    return exportedCode(file)
      .filter(({ start }) => !hasDoc(file, start))
      .map(({ name, start }) => {
        const message = `${name} has no doc comment: say what it is, units, limits, errors`
        return { rule: 'docs', path: file.path, line: file.lineAt(start), message }
      })
  })
}

function exportedCode(file: SourceFile): readonly Exported[] {
  const listed = listedNames(file)
  const seen = new Set<string>()
  const found: Exported[] = []
  for (const node of file.program.body) {
    const exported = node.type === 'ExportNamedDeclaration' || isDefault(node)
    const declaration = exported ? node.declaration : node
    for (const name of codeNames(declaration)) {
      if (!exported && !listed.has(name)) continue
      // The first of several overloads carries the comment for all.
      if (!seen.has(name)) found.push({ name, start: node.start })
      seen.add(name)
    }
  }
  return found
}

function isDefault(node: Node): node is Node & { type: 'ExportDefaultDeclaration' } {
  return node.type === 'ExportDefaultDeclaration'
}

/** Names in `export { a, b }`. */
function listedNames(file: SourceFile): ReadonlySet<string> {
  const names = new Set<string>()
  for (const node of file.program.body) {
    if (node.type !== 'ExportNamedDeclaration' || node.source !== null) continue
    for (const { local } of node.specifiers) {
      if (local.type === 'Identifier') names.add(local.name)
    }
  }
  return names
}

/** Names of the functions and classes that a statement declares. */
function codeNames(node: Node | null): readonly string[] {
  switch (node?.type) {
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
    case 'ClassDeclaration':
      return [node.id?.name ?? 'the default export']
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
    case 'ClassExpression':
      return ['the default export']
    case 'VariableDeclaration':
      return node.declarations.flatMap(({ id, init }) => {
        return id.type === 'Identifier' && isCode(init) ? [id.name] : []
      })
    default:
      return []
  }
}

function isCode(node: Node | null): boolean {
  return (
    node?.type === 'ArrowFunctionExpression' ||
    node?.type === 'FunctionExpression' ||
    node?.type === 'ClassExpression'
  )
}

function hasDoc(file: SourceFile, start: number): boolean {
  return file.comments.some((comment) => {
    if (comment.type !== 'Block' || !comment.value.startsWith('*')) return false
    return comment.end <= start && file.text.slice(comment.end, start).trim() === ''
  })
}
