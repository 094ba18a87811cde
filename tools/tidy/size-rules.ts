import type { Node } from 'oxc-parser'
import { SIZE_LIMITS } from '../layers.ts'
import type { Problem } from './problem.ts'
import type { Project } from './project.ts'
import { type SourceFile, walk } from './source.ts'

const SUITES: ReadonlySet<string> = new Set(['describe', 'it', 'suite', 'test'])

/** Lines of a file and columns of a line. */
export function checkLines(project: Project): readonly Problem[] {
  const { fileLinesMax, lineColumnsMax } = SIZE_LIMITS
  return [...project.sources.values()].flatMap((file) => {
    const count = file.text.endsWith('\n') ? file.lines.length - 1 : file.lines.length
    const tooLong = { rule: 'file-lines', path: file.path, line: fileLinesMax + 1 }
    const wide = file.lines.flatMap((line, index) => {
      const columns = Array.from(line).length
      if (columns <= lineColumnsMax) return []
      const message = `line of ${columns} columns, limit ${lineColumnsMax}: break it`
      return [{ rule: 'line-columns', path: file.path, line: index + 1, message }]
    })
    if (count <= fileLinesMax) return wide
    const message = `file of ${count} lines, limit ${fileLinesMax}: give one concern its own file`
    return [{ ...tooLong, message }, ...wide]
  })
}

/** Lines of a function. The callback of a test or suite may be longer. */
export function checkFunctions(project: Project): readonly Problem[] {
  return [...project.sources.values()].flatMap((file) => {
    const problems: Problem[] = []
    walk(file.program, (node, ancestors) => {
      const problem = checkFunction(file, node, ancestors.at(-1))
      if (problem !== undefined) problems.push(problem)
    })
    return problems
  })
}

function checkFunction(file: SourceFile, node: Node, parent?: Node): Problem | undefined {
  if (!isFunction(node)) return undefined
  const first = file.lineAt(node.start)
  const count = file.lineAt(node.end) - first + 1
  const isSuite = parent !== undefined && isSuiteCallback(node, parent)
  const limit = isSuite ? SIZE_LIMITS.suiteLinesMax : SIZE_LIMITS.functionLinesMax
  if (count <= limit) return undefined
  const message = `function of ${count} lines, limit ${limit}: give its steps names of their own`
  return { rule: 'function-lines', path: file.path, line: first, message }
}

function isFunction(node: Node): boolean {
  if (node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression') return true
  return node.type === 'ArrowFunctionExpression'
}

function isSuiteCallback(node: Node, parent: Node): boolean {
  if (parent.type !== 'CallExpression') return false
  if (!parent.arguments.some((argument) => argument === node)) return false
  const { callee } = parent
  if (callee.type === 'Identifier') return SUITES.has(callee.name)
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return false
  return SUITES.has(callee.property.name)
}
