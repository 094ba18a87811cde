import type { Node } from 'oxc-parser'
import { BANNED_GLOBALS, HOT_PATH, SOCKET_OWNERS } from '../layers.ts'
import { rulesFor } from './import-rules.ts'
import type { Problem } from './problem.ts'
import { type Project, isTrial } from './project.ts'
import { type SourceFile, walk } from './source.ts'

const CLOSERS: ReadonlySet<string> = new Set(['destroy', 'destroySoon', 'resetAndDestroy'])

/** Clocks, randomness, timers and the process in folders that take them through ports. */
export function checkGlobals(project: Project): readonly Problem[] {
  const pure = [...project.sources.values()].filter((file) => {
    return !isTrial(file.path) && rulesFor(file.path)?.pure === true
  })
  return pure.flatMap((file) => {
    const declared = declaredNames(file)
    return report(file, 'globals', (node, parent) => {
      const name = globalOf(node, parent)
      if (name === undefined || declared.has(name.split('.')[0] ?? '')) return undefined
      return `${name} is banned in a pure folder: take it through a port`
    })
  })
}

/** Every close by the server has a reason, a log line and a counter: only these places destroy. */
export function checkSockets(project: Project): readonly Problem[] {
  const files = [...project.sources.values()].filter(({ path }) => {
    return path.startsWith('src/') && !isTrial(path) && !isSocketOwner(path)
  })
  return files.flatMap((file) =>
    report(file, 'sockets', (node) => {
      if (node.type !== 'MemberExpression' || node.computed) return undefined
      if (node.property.type !== 'Identifier' || !CLOSERS.has(node.property.name)) return undefined
      if (!/socket$/i.test(lastName(node.object))) return undefined
      return `.${node.property.name} of a socket: close it through listeners/close.ts or net/`
    }),
  )
}

/** What files on the path of every message must not do. */
export function checkHotPath(project: Project): readonly Problem[] {
  return HOT_PATH.flatMap((path) => {
    const file = project.sources.get(path)
    return file === undefined ? [] : report(file, 'hot-path', hotPathMessage)
  })
}

function hotPathMessage(node: Node): string | undefined {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      if (!node.async) return undefined
      return 'async function on the hot path: use a callback or park the work elsewhere'
    case 'AwaitExpression':
      return 'await on the hot path: use a callback or park the work elsewhere'
    case 'MemberExpression':
      if (lastName(node.object) !== 'JSON') return undefined
      return 'JSON on the hot path: move it to a file off the path'
    case 'Literal':
      if (!('regex' in node)) return undefined
      return 'regular expression on the hot path: compare code units or bytes'
    case 'SpreadElement':
      return 'spread of an array on the hot path: loop over it'
    default:
      return undefined
  }
}

function report(
  file: SourceFile,
  rule: string,
  judge: (node: Node, parent: Node | undefined) => string | undefined,
): readonly Problem[] {
  const problems: Problem[] = []
  walk(file.program, (node, ancestors) => {
    const message = judge(node, ancestors.at(-1))
    if (message === undefined) return
    problems.push({ rule, path: file.path, line: file.lineAt(node.start), message })
  })
  return problems
}

function isSocketOwner(path: string): boolean {
  return SOCKET_OWNERS.some((owner) => path.startsWith(owner))
}

/** The last name of `a`, `a.b` or `a.#b`; empty for anything else. */
function lastName(node: Node): string {
  if (node.type === 'Identifier') return node.name
  if (node.type !== 'MemberExpression' || node.computed) return ''
  return 'name' in node.property ? node.property.name : ''
}

/** The banned global that a node reads, if it does. */
function globalOf(node: Node, parent: Node | undefined): string | undefined {
  if (node.type === 'MemberExpression') return globalMember(node)
  if ((node.type === 'NewExpression' || node.type === 'CallExpression') && isDate(node.callee)) {
    if (node.type === 'CallExpression') return 'Date()'
    return node.arguments.length === 0 ? 'new Date()' : undefined
  }
  if (node.type !== 'Identifier' || !BANNED_GLOBALS.includes(node.name)) return undefined
  return isNameOnly(node, parent) ? undefined : node.name
}

function globalMember(node: Node & { type: 'MemberExpression' }): string | undefined {
  if (node.object.type !== 'Identifier' || node.property.type !== 'Identifier') return undefined
  const name = node.property.name
  const full = `${node.object.name}.${name}`
  if (BANNED_GLOBALS.includes(full)) return full
  if (node.object.name === 'globalThis' && BANNED_GLOBALS.includes(name)) return full
  return undefined
}

function isDate(node: Node): boolean {
  return node.type === 'Identifier' && node.name === 'Date'
}

/** True where an identifier names a property or a type and reads no variable. */
function isNameOnly(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return false
  switch (parent.type) {
    case 'MemberExpression':
      return parent.property === node && !parent.computed
    case 'Property': // The value of a shorthand is a node of its own.
    case 'MethodDefinition':
    case 'PropertyDefinition':
    case 'TSPropertySignature':
    case 'TSMethodSignature':
      return parent.key === node && !parent.computed
    default:
      return parent.type.startsWith('TS') && !parent.type.endsWith('Expression')
  }
}

/** Names the file declares or imports: they hide the global of that name. */
function declaredNames(file: SourceFile): ReadonlySet<string> {
  const names = new Set<string>()
  walk(file.program, (node, ancestors) => {
    if (node.type === 'Identifier' && isDeclaration(node, ancestors)) names.add(node.name)
  })
  return names
}

function isDeclaration(node: Node, ancestors: readonly Node[]): boolean {
  const parent = ancestors.at(-1)
  switch (parent?.type) {
    case 'VariableDeclarator':
    case 'FunctionDeclaration':
      return parent.id === node || isParameter(node, parent)
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return isParameter(node, parent)
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
      return parent.local === node
    case 'Property':
      return parent.value === node && ancestors.at(-2)?.type === 'ObjectPattern'
    case 'AssignmentPattern':
      return parent.left === node
    case 'ArrayPattern':
    case 'RestElement':
      return true
    default:
      return false
  }
}

function isParameter(node: Node, parent: Node): boolean {
  if (!('params' in parent) || !Array.isArray(parent.params)) return false
  return parent.params.some((parameter) => parameter === node)
}
