import { builtinModules } from 'node:module'
import {
  type Layer,
  type LayerException,
  LAYER_EXCEPTIONS,
  LAYERS,
  NARROW_IMPORTS,
} from '../layers.ts'
import type { Problem } from './problem.ts'
import { type Project, isTrial, layerOf, resolveImport } from './project.ts'
import type { ImportEdge, SourceFile } from './source.ts'

const BUILTINS: ReadonlySet<string> = new Set(builtinModules)

/** The rules for one file: those of its layer, or of an exception inside the layer. */
export function rulesFor(path: string): Layer | LayerException | undefined {
  const inner = LAYER_EXCEPTIONS.filter((exception) => path.startsWith(`src/${exception.path}`))
  const longest = inner.toSorted((a, b) => b.path.length - a.path.length)[0]
  return longest ?? LAYERS.find((layer) => layer.folder === layerOf(path))
}

/** Layers, complete paths, built-in modules and packages: every import of every file. */
export function checkImports(project: Project): readonly Problem[] {
  const problems: Problem[] = []
  for (const file of project.sources.values()) {
    const folder = checkFolder(file)
    if (folder !== undefined) problems.push(folder)
    for (const edge of file.imports) {
      const message = isLocal(edge)
        ? checkLocal(project, file, edge)
        : checkForeign(file.path, edge)
      if (message !== undefined) {
        problems.push({ rule: 'imports', path: file.path, line: edge.line, message })
      }
    }
  }
  return problems
}

function checkFolder(file: SourceFile): Problem | undefined {
  if (!file.path.startsWith('src/') || rulesFor(file.path) !== undefined) return undefined
  const message = 'belongs to no layer: move it into a folder listed in tools/layers.ts'
  return { rule: 'imports', path: file.path, line: 1, message }
}

function isLocal({ specifier }: ImportEdge): boolean {
  return specifier.startsWith('.') || specifier.startsWith('#')
}

function checkLocal(project: Project, file: SourceFile, edge: ImportEdge): string | undefined {
  const target = resolveImport(file.path, edge)
  if (target === undefined) return `${edge.specifier}: write ./ or ../ and the complete file name`
  if (!project.texts.has(target)) {
    return `${edge.specifier} names no file: write the complete path with its extension`
  }
  // Tools and benchmarks may use what tests use, but nothing else may, and nobody imports a test.
  const isProduct = layerOf(file.path) !== undefined
  if (!isTrial(file.path) && isTrial(target) && (isProduct || target.endsWith('.test.ts'))) {
    return `${edge.specifier} is a test: move what is needed into a file of its own`
  }
  const ownLayer = layerOf(file.path)
  const itsLayer = layerOf(target)
  if (itsLayer === undefined) return checkOutside(file.path, target)
  // What it may share is checked with the rest of the dashboard; browsers know no `#`.
  if (file.path.startsWith('dashboard/')) return undefined
  if (ownLayer === itsLayer) {
    if (!edge.specifier.startsWith('#')) return undefined
    return `${edge.specifier} is in the same layer: write a relative path`
  }
  if (!edge.specifier.startsWith('#')) {
    return `${edge.specifier} leaves the folder: write #${target.slice('src/'.length)}`
  }
  return ownLayer === undefined ? undefined : checkLevels(ownLayer, itsLayer, target)
}

/** Sources live under `src/`; their tests may use helpers under `test/`. */
function checkOutside(from: string, target: string): string | undefined {
  if (layerOf(from) === undefined) return undefined
  if (isTrial(from) && target.startsWith('test/')) return undefined
  return `${target} is outside src/: a file under src/ imports only files under src/`
}

function checkLevels(from: string, to: string, target: string): string | undefined {
  const own = LAYERS.find((layer) => layer.folder === from)
  const its = LAYERS.find((layer) => layer.folder === to)
  if (own === undefined || its === undefined) return `${to} is no layer of tools/layers.ts`
  if (its.level >= own.level) {
    return (
      `${from} (level ${own.level}) must not import ${to} (level ${its.level}), not even a type: ` +
      'declare a port in the lower layer and fill it in app/compose.ts'
    )
  }
  const narrow = NARROW_IMPORTS.find((rule) => rule.from === from && rule.layer === to)
  if (narrow === undefined || target.startsWith(`src/${narrow.only}`)) return undefined
  return `${from} may import only ${narrow.only} of ${to}`
}

function checkForeign(path: string, edge: ImportEdge): string | undefined {
  const rules = rulesFor(path)
  if (rules === undefined || isTrial(path)) return undefined
  const { specifier } = edge
  if (specifier.startsWith('node:') || BUILTINS.has(specifier)) {
    if (edge.typeOnly || allows(rules.builtins, specifier.replace(/^node:/, ''))) return undefined
    return `${specifier} is not for this folder: take what it does through a port`
  }
  const parts = specifier.split('/')
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
  if (allows(rules.packages, name)) return undefined
  return `package ${name} is not for this folder: see the table in tools/layers.ts`
}

function allows(list: readonly string[], name: string): boolean {
  return list.includes('*') || list.includes(name)
}
