import { type Comment, type Node, type Program, parseSync, visitorKeys } from 'oxc-parser'

/** One edge of the import graph. */
export interface ImportEdge {
  readonly specifier: string
  /** Counted from 1. */
  readonly line: number
  /** True for `import type`, `export type … from` and `import('…').Type`. */
  readonly typeOnly: boolean
}

/** A parsed source file. */
export interface SourceFile {
  /** Path from the root of the repository, with slashes. */
  readonly path: string
  readonly text: string
  readonly lines: readonly string[]
  readonly program: Program
  readonly comments: readonly Comment[]
  readonly imports: readonly ImportEdge[]
  /** Errors of the parser; a file with errors is reported and not looked into. */
  readonly syntaxErrors: readonly string[]
  /** Line, counted from 1, of an offset into `text`. */
  lineAt(offset: number): number
}

/** A visitor returns false to leave out what is below the node. */
export type Visit = (node: Node, ancestors: readonly Node[]) => boolean | void

/** Parses a file; never throws on bad input. */
export function parseSource(path: string, text: string): SourceFile {
  const result = parseSync(path, text, { sourceType: 'module' })
  const starts = lineStarts(text)
  const lineAt = (offset: number): number => lineOf(starts, offset)
  const program = result.program
  return {
    path,
    text,
    lines: text.split('\n'),
    program,
    comments: result.comments,
    imports: collectImports(program, lineAt),
    syntaxErrors: result.errors.map((error) => error.message),
    lineAt,
  }
}

/** Calls `visit` for `root` and every node below it, parents first. */
export function walk(root: Node, visit: Visit, ancestors: readonly Node[] = []): void {
  if (visit(root, ancestors) === false) return
  const below = [...ancestors, root]
  for (const child of childrenOf(root)) walk(child, visit, below)
}

/** The direct children of a node, in the order of the text. */
export function childrenOf(node: Node): readonly Node[] {
  // The keys of the parser's own table hold nodes, lists of nodes or null.
  const fields = node as unknown as Record<string, Node | (Node | null)[] | null | undefined>
  return (visitorKeys[node.type] ?? []).flatMap((key) => {
    const value = fields[key]
    if (value === null || value === undefined) return []
    return Array.isArray(value) ? value.filter((item) => item !== null) : [value]
  })
}

/** The text of a string literal, or of a template without substitutions; else undefined. */
export function stringValue(node: Node | null | undefined): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0) {
    return node.quasis[0]?.value.cooked ?? undefined
  }
  return undefined
}

function collectImports(program: Program, lineAt: (offset: number) => number): ImportEdge[] {
  const edges: ImportEdge[] = []
  walk(program, (node) => {
    const edge = edgeOf(node)
    if (edge !== undefined) edges.push({ ...edge, line: lineAt(node.start) })
  })
  return edges
}

function edgeOf(node: Node): Omit<ImportEdge, 'line'> | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      return { specifier: node.source.value, typeOnly: node.importKind === 'type' }
    case 'ExportAllDeclaration':
      return { specifier: node.source.value, typeOnly: node.exportKind === 'type' }
    case 'ExportNamedDeclaration':
      if (node.source === null) return undefined
      return { specifier: node.source.value, typeOnly: node.exportKind === 'type' }
    case 'TSImportType':
      return { specifier: node.source.value, typeOnly: true }
    case 'ImportExpression':
      return valueEdge(stringValue(node.source))
    case 'NewExpression':
      return valueEdge(urlTarget(node))
    case 'CallExpression':
      return valueEdge(resolveTarget(node))
    default:
      return undefined
  }
}

function valueEdge(specifier: string | undefined): Omit<ImportEdge, 'line'> | undefined {
  return specifier === undefined ? undefined : { specifier, typeOnly: false }
}

/** `new URL('./x.ts', import.meta.url)` names a file that a thread runs. */
function urlTarget(node: Node & { type: 'NewExpression' }): string | undefined {
  const [first, second] = node.arguments
  if (node.callee.type !== 'Identifier' || node.callee.name !== 'URL') return undefined
  if (second === undefined || !isImportMeta(second, 'url')) return undefined
  return sourcePath(stringValue(first))
}

/** `import.meta.resolve('./x.ts')` */
function resolveTarget(node: Node & { type: 'CallExpression' }): string | undefined {
  if (!isImportMeta(node.callee, 'resolve')) return undefined
  return sourcePath(stringValue(node.arguments[0]))
}

/** Only files of code are edges: a data file or a folder beside the source is not. */
function sourcePath(specifier: string | undefined): string | undefined {
  return specifier?.endsWith('.ts') === true ? specifier : undefined
}

function isImportMeta(node: Node, property: string): boolean {
  if (node.type !== 'MemberExpression' || node.object.type !== 'MetaProperty') return false
  return node.property.type === 'Identifier' && node.property.name === property
}

function lineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

function lineOf(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length
  while (low + 1 < high) {
    const middle = (low + high) >>> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle
  }
  return low + 1
}
