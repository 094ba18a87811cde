import { ENTRY_POINTS } from '../layers.ts'
import type { Problem } from './problem.ts'
import { type Project, isTrial, resolveImport } from './project.ts'
import type { SourceFile } from './source.ts'

/** Files that import each other, directly or around corners; an import of a type counts. */
export function checkCycles(project: Project): readonly Problem[] {
  return findCycles(project).map((cycle) => {
    const [first = '', second = first] = cycle
    const line = lineOfImport(project, first, second)
    const way = [...cycle, first].join(' → ')
    const message = `import cycle ${way}: move what both need into a file of its own`
    return { rule: 'cycles', path: first, line, message }
  })
}

/** Sources that neither the product nor any test, benchmark or tool reaches. */
export function checkReach(project: Project): readonly Problem[] {
  const reached = new Set<string>()
  const waiting = [...project.sources.keys()].filter(isRoot)
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    waiting.push(...targetsOf(project, path))
  }
  return [...project.sources.keys()]
    .filter((path) => path.startsWith('src/') && !reached.has(path))
    .map((path) => {
      const message = 'nothing imports this file: connect it, test it, or delete it'
      return { rule: 'reach', path, line: 1, message }
    })
}

/** Every plugin is listed by hand: `export default define…({…})` needs a line in a catalogue. */
export function checkCatalogs(project: Project): readonly Problem[] {
  const problems: Problem[] = []
  for (const file of project.sources.values()) {
    const name = definition(file)
    if (name === undefined || isTrial(file.path)) continue
    const catalog = nearestCatalog(project, file.path)
    if (catalog !== undefined && targetsOf(project, catalog).includes(file.path)) continue
    const where = catalog ?? `a catalog.ts beside or above it`
    const message = `${name} is in no catalogue: import and list it in ${where}`
    problems.push({ rule: 'catalog', path: file.path, line: 1, message })
  }
  return problems
}

function isRoot(path: string): boolean {
  if (!path.startsWith('src/')) return true
  return isTrial(path) || ENTRY_POINTS.some((pattern) => pattern.test(path))
}

function targetsOf(project: Project, path: string): readonly string[] {
  const edges = project.sources.get(path)?.imports ?? []
  return edges
    .map((edge) => resolveImport(path, edge))
    .filter((target) => target !== undefined && project.sources.has(target))
    .map((target) => target ?? '')
}

function lineOfImport(project: Project, from: string, to: string): number {
  const edges = project.sources.get(from)?.imports ?? []
  return edges.find((edge) => resolveImport(from, edge) === to)?.line ?? 1
}

/** One cycle for each edge that closes one in a walk in depth: none when there are none. */
function findCycles(project: Project): readonly (readonly string[])[] {
  const cycles: string[][] = []
  const done = new Set<string>()
  const trail: string[] = []
  function visit(path: string): void {
    const at = trail.indexOf(path)
    if (at !== -1) cycles.push(trail.slice(at))
    if (at !== -1 || done.has(path)) return
    trail.push(path)
    for (const target of targetsOf(project, path)) visit(target)
    trail.pop()
    done.add(path)
  }
  for (const path of project.sources.keys()) visit(path)
  return cycles
}

/** The name of the `define…` function whose result the file exports by default. */
function definition(file: SourceFile): string | undefined {
  if (!file.path.startsWith('src/')) return undefined
  for (const node of file.program.body) {
    if (node.type !== 'ExportDefaultDeclaration') continue
    const value = node.declaration
    if (value.type !== 'CallExpression' || value.callee.type !== 'Identifier') continue
    if (/^define[A-Z]/.test(value.callee.name)) return value.callee.name
  }
  return undefined
}

function nearestCatalog(project: Project, path: string): string | undefined {
  const parts = path.split('/')
  for (let depth = parts.length - 1; depth >= 2; depth--) {
    const candidate = [...parts.slice(0, depth), 'catalog.ts'].join('/')
    if (project.sources.has(candidate)) return candidate
  }
  return undefined
}
