/**
 * From files, overlay and environment to one configuration.
 *
 * Layers, each over the one before: defaults, files in their order, the overlay (what was
 * changed at run time), the environment. The origin of every key can be asked for.
 */
import { decode, formatProblem, normalize } from './decode.ts'
import type { Problem } from './decode.ts'
import { environmentName, mergeEnvironment, readEnvironment } from './env.ts'
import type { Environment } from './env.ts'
import { asksForNothing, knownElsewhere } from './fields/known-elsewhere.ts'
import type { KnownElsewhere } from './fields/known-elsewhere.ts'
import { parseSyntax } from './hocon/parser.ts'
import { resolveSyntax } from './hocon/resolve.ts'
import type { ReadInclude } from './hocon/resolve.ts'
import type { ObjectSyntax } from './hocon/syntax.ts'
import { emptyObject, HoconError, mergeNodes, nodeAt } from './hocon/value.ts'
import type { HoconNode, ObjectNode, Position } from './hocon/value.ts'
import { tidewayFields } from './tideway-config.ts'
import type { TidewayConfig } from './tideway-config.ts'

export interface SourceText {
  /** Name of the file, for messages and origins. */
  readonly source: string
  readonly text: string
}

export interface LoadOptions {
  readonly files?: readonly SourceText[]
  /** What was changed at run time. */
  readonly overlay?: SourceText
  readonly env?: Environment
  readonly readInclude?: ReadInclude
}

/** Where the value of a key comes from. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'overlay'; readonly file: string; readonly line: number }
  | { readonly kind: 'environment'; readonly name: string }

/** Something to tell the owner that does not stop the start. */
export interface Warning {
  readonly kind: 'no-effect' | 'ignored-variable' | 'missing-include'
  readonly level: 'notice' | 'warning'
  readonly path: readonly string[]
  readonly message: string
  readonly at?: Position
}

export interface Loaded {
  /** Frozen. Undefined when there are errors. */
  readonly config: TidewayConfig | undefined
  readonly errors: readonly Problem[]
  readonly warnings: readonly Warning[]
  /** The origin of the key at a path of the configuration. */
  readonly originOf: (path: readonly string[]) => Origin
  /** What was written in all layers together, for showing and for diagnosis. */
  readonly written: HoconNode
}

const NOWHERE: Position = { source: 'default', line: 0, column: 0 }

/** Loads a configuration. Never throws for what is written in it. */
export function loadConfig(options: LoadOptions): Loaded {
  const errors: Problem[] = []
  const warnings: Warning[] = []
  const env = options.env ?? {}
  const files = readTexts(options.files ?? [], options, errors, warnings)
  const overlays = options.overlay === undefined ? [] : [options.overlay]
  const overlay = readTexts(overlays, options, errors, warnings)
  const isKnownElsewhere = (path: readonly string[]) => knownElsewhere(path) !== undefined
  const environment = readEnvironment(tidewayFields, env, isKnownElsewhere)
  for (const { name, message } of environment.ignored) {
    const path = [name]
    warnings.push({ kind: 'ignored-variable', level: 'warning', path, message })
  }
  // Each by itself: what a key is called does not decide which layer wins.
  const lower = normalize(tidewayFields, files)
  const upper = normalize(tidewayFields, overlay)
  const written = mergeEnvironment(mergeNodes(lower, upper), environment.node)
  const decoded = decode(tidewayFields, written, {
    env,
    onUnknown: (path, node) => reportNoEffect(path, node, warnings),
  })
  errors.push(...decoded.errors)
  return {
    config: errors.length === 0 ? decoded.value : undefined,
    errors,
    warnings,
    originOf: (path) => originOf(decoded.node, path, options.overlay?.source),
    written: decoded.node,
  }
}

function readTexts(
  texts: readonly SourceText[],
  options: LoadOptions,
  errors: Problem[],
  warnings: Warning[],
): ObjectNode {
  const documents: ObjectSyntax[] = []
  const { env = {}, readInclude } = options
  try {
    for (const { source, text } of texts) documents.push(parseSyntax(text, source))
    const resolve = readInclude === undefined ? { env } : { env, readInclude }
    const resolved = resolveSyntax(documents, resolve)
    for (const { reason, at } of resolved.warnings) {
      warnings.push({ kind: 'missing-include', level: 'warning', path: [], message: reason, at })
    }
    return resolved.root
  } catch (error) {
    if (!(error instanceof HoconError)) throw error
    errors.push({ path: [], message: error.reason, at: error.at })
    return emptyObject(NOWHERE)
  }
}

function reportNoEffect(path: readonly string[], node: HoconNode, warnings: Warning[]): boolean {
  const known = knownElsewhere(path)
  if (known === undefined) return reportParts(path, node, warnings)
  if (!asksForNothing(known, node)) {
    const message = `has no effect here: in EMQX it ${known.effect}`
    warnings.push(noEffect(path, node, known, message))
  }
  return true
}

function noEffect(
  path: readonly string[],
  node: HoconNode,
  { level }: KnownElsewhere,
  message: string,
): Warning {
  return { kind: 'no-effect', level, path, message, at: node.at }
}

/** A group none of whose keys exist here, each of them known elsewhere. */
function reportParts(path: readonly string[], node: HoconNode, warnings: Warning[]): boolean {
  if (node.kind !== 'object' || node.fields.size === 0) return false
  const parts = [...node.fields].map(([key, child]) => ({ path: [...path, key], child }))
  if (!parts.every((part) => knownElsewhere(part.path) !== undefined)) return false
  for (const part of parts) reportNoEffect(part.path, part.child, warnings)
  return true
}

function originOf(root: HoconNode, path: readonly string[], overlay: string | undefined): Origin {
  const node = nodeAt(root, path)
  const isNull = node?.kind === 'scalar' && node.value === null
  if (node === undefined || isNull || node.at.source === NOWHERE.source) return { kind: 'default' }
  const { source, line, column } = node.at
  const name = environmentName(node.at)
  if (name !== undefined) return { kind: 'environment', name }
  return source === overlay
    ? { kind: 'overlay', file: source, line }
    : { kind: 'file', file: source, line, column }
}

/** An origin as a person reads it. */
export function formatOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default'
    case 'file':
      return `${origin.file}:${origin.line}:${origin.column}`
    case 'overlay':
      return `overlay ${origin.file}:${origin.line}`
    case 'environment':
      return `environment ${origin.name}`
  }
}

/** A warning as a person reads it, like an error. */
export function formatWarning(warning: Warning): string {
  return formatProblem(warning)
}

/** The configuration of a node whose owner has written nothing. Frozen. */
export function defaultConfig(): TidewayConfig {
  const { value, errors } = decode(tidewayFields, undefined)
  if (value !== undefined) return value
  // Defaults are checked by a test; this cannot happen in a released version.
  throw new Error(`defaults are wrong: ${errors.map(formatProblem).join('; ')}`)
}
