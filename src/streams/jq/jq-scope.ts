/** Names that a part of a program can see, and how far out they are bound. */
import type { Filter } from './jq-filter.ts'
import type { JqDefinition, JqNode } from './jq-tree.ts'

/** Compiles a part of a program; parts get it handed in, as they contain others. */
export type Compile = (node: JqNode, scope: Scope | undefined) => Filter

/** A definition, compiled when it is first called: it may call itself. */
export interface Defined {
  readonly definition: JqDefinition
  /** What the definition itself sees, itself included. */
  scope: Scope
  filter: Filter | undefined
}

type Entry =
  | { readonly kind: 'variable' | 'param' | 'label'; readonly name: string }
  | {
      readonly kind: 'def'
      readonly name: string
      readonly arity: number
      readonly defined: Defined
    }

/** A list of names, the innermost first. All but definitions are bound at run time. */
export interface Scope {
  readonly entry: Entry
  readonly parent: Scope | undefined
  /** Bindings up to here. */
  readonly depth: number
}

/** How many bindings a scope has. */
export function depthOf(scope: Scope | undefined): number {
  return scope?.depth ?? 0
}

/** The scope with one more binding. */
export function bind(
  scope: Scope | undefined,
  kind: 'variable' | 'param' | 'label',
  name: string,
): Scope {
  return { entry: { kind, name }, parent: scope, depth: depthOf(scope) + 1 }
}

/** The scope with a definition in it. */
export function define(scope: Scope | undefined, definition: JqDefinition): Scope {
  const { name, params } = definition
  // The definition sees itself: the scope is set as soon as it is made.
  const defined: { -readonly [K in keyof Defined]: Defined[K] | undefined } = {
    definition,
    scope: undefined,
    filter: undefined,
  }
  const entry: Entry = { kind: 'def', name, arity: params.length, defined: defined as Defined }
  const made: Scope = { entry, parent: scope, depth: depthOf(scope) }
  defined.scope = made
  return made
}

/** The distance to a binding, or undefined. */
export function distanceTo(
  scope: Scope | undefined,
  kind: 'variable' | 'param' | 'label',
  name: string,
): number | undefined {
  for (let at = scope; at !== undefined; at = at.parent) {
    if (at.entry.kind === kind && at.entry.name === name) return depthOf(scope) - at.depth
  }
  return undefined
}

/** What a call means: a parameter or a definition, whichever is nearer. */
export function findCallee(
  scope: Scope | undefined,
  name: string,
  arity: number,
): { readonly distance: number } | { readonly defined: Defined } | undefined {
  for (let at = scope; at !== undefined; at = at.parent) {
    const { entry } = at
    if (entry.name !== name) continue
    if (entry.kind === 'param' && arity === 0) return { distance: depthOf(scope) - at.depth }
    if (entry.kind === 'def' && entry.arity === arity) return { defined: entry.defined }
  }
  return undefined
}
