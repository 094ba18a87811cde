import type { Problem } from './problem.ts'
import type { Project } from './project.ts'
import { type ImportEdge, parseSource } from './source.ts'

const CONTRACT = '#management/contract/'
/** Code that browsers load, too. It imports nothing. */
const SHARED = ['src/kernel/payload-format.ts']

/**
 * The dashboard knows of the product what the contract of the REST API says, as types, and a few
 * files that both share: nothing of the server gets into what browsers load.
 */
export function checkDashboard(project: Project): readonly Problem[] {
  const problems: Problem[] = []
  for (const [path, text] of project.texts) {
    if (!/^dashboard\/.*\.tsx?$/.test(path)) continue
    for (const edge of parseSource(path, text).imports) {
      const message = checkEdge(path, edge)
      if (message === undefined) continue
      problems.push({ rule: 'dashboard-imports', path, line: edge.line, message })
    }
  }
  return problems
}

function checkEdge(path: string, { specifier, typeOnly }: ImportEdge): string | undefined {
  if (specifier.startsWith('#')) {
    if (!specifier.startsWith(CONTRACT)) return `${specifier}: only ${CONTRACT} may be imported`
    return typeOnly ? undefined : `${specifier}: import type, so that no code comes with it`
  }
  if (SHARED.some((shared) => specifier.endsWith(`../${shared}`))) return undefined
  const up = /^(?:\.\.\/)*/.exec(specifier)?.[0].length ?? 0
  const depth = path.split('/').length - 2
  return up / 3 > depth ? `${specifier} leads out of the dashboard` : undefined
}
