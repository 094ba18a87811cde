import type { Node } from 'oxc-parser'
import type { Problem } from './problem.ts'
import { type Project, isTrial } from './project.ts'
import { walk } from './source.ts'

const RUNNERS: ReadonlySet<string> = new Set(['describe', 'it', 'suite', 'test', 't', 'context'])
const SWITCHES: ReadonlySet<string> = new Set(['only', 'skip', 'todo'])

/** Tests that are switched off, or switch off the others. */
export function checkSwitchedTests(project: Project): readonly Problem[] {
  const problems: Problem[] = []
  for (const file of project.sources.values()) {
    if (!isTrial(file.path) && !file.path.startsWith('tools/')) continue
    walk(file.program, (node) => {
      const name = switchIn(node)
      if (name === undefined) return
      const message = `${name}: every test runs always; repair it or delete it`
      problems.push({
        rule: 'switched-tests',
        path: file.path,
        line: file.lineAt(node.start),
        message,
      })
    })
  }
  return problems
}

function switchIn(node: Node): string | undefined {
  if (node.type !== 'CallExpression') return undefined
  const { callee } = node
  if (callee.type === 'MemberExpression' && isRunner(callee.object)) {
    const { property } = callee
    const name = property.type === 'Identifier' ? property.name : ''
    if (SWITCHES.has(name)) return `.${name}`
    if (!RUNNERS.has(name)) return undefined
  } else if (!isRunner(callee)) return undefined
  return node.arguments.map(optionIn).find((name) => name !== undefined)
}

function isRunner(node: Node): boolean {
  return node.type === 'Identifier' && RUNNERS.has(node.name)
}

/** `skip`, `only` or `todo` among the options of a test. */
function optionIn(argument: Node): string | undefined {
  if (argument.type !== 'ObjectExpression') return undefined
  for (const property of argument.properties) {
    if (property.type !== 'Property' || property.key.type !== 'Identifier') continue
    if (SWITCHES.has(property.key.name)) return `option ${property.key.name}`
  }
  return undefined
}
