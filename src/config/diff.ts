/** What differs between two configurations, and when each difference takes effect. */
import type { Field, FieldSpec, Hot, Infer } from './field.ts'
import { redact } from './encode.ts'
import { nodeAt, fromPlain, toPlain } from './hocon/value.ts'
import type { HoconNode, Plain } from './hocon/value.ts'
import { fieldAt, isStronger } from './walk.ts'

/** One changed path. `before` and `after` are in written form, without secrets. */
export interface Change {
  readonly path: readonly string[]
  readonly hot: Hot
  /** Undefined for an entry that was added. */
  readonly before: Plain | undefined
  /** Undefined for an entry that was removed. */
  readonly after: Plain | undefined
}

const NOWHERE = { source: '', line: 0, column: 0 }

/**
 * The changed paths from `before` to `after`, in the order of the description. An entry of a map
 * that comes or goes is one change, of the class of the map; lists are compared as a whole.
 */
export function diff<F extends Field>(field: F, before: Infer<F>, after: Infer<F>): Change[] {
  const old = fromPlain(redact(field, before), NOWHERE)
  const next = fromPlain(redact(field, after), NOWHERE)
  const changes: Change[] = []
  for (const path of changedPaths(field, before, after, [])) {
    const located = fieldAt(field, path)
    if (located === undefined) continue
    changes.push({ path, hot: located.hot, before: at(old, path), after: at(next, path) })
  }
  return changes
}

function at(root: HoconNode, path: readonly string[]): Plain | undefined {
  const node = nodeAt(root, path)
  return node === undefined ? undefined : toPlain(node)
}

function* changedPaths(
  field: FieldSpec,
  before: unknown,
  after: unknown,
  path: readonly string[],
): Generator<readonly string[]> {
  if (isGroup(field) && isRecord(before) && isRecord(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const child = field.kind === 'map' ? field.value : field.fields[key]
      if (child === undefined) continue
      yield* changedPaths(child, before[key], after[key], [...path, key])
    }
    return
  }
  if (!isSame(before, after)) yield path
}

function isGroup(field: FieldSpec): field is FieldSpec & { readonly kind: 'map' | 'object' } {
  return field.kind === 'map' || field.kind === 'object'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isSame(a: unknown, b: unknown): boolean {
  if (!isRecord(a) || !isRecord(b)) return Object.is(a, b)
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every((key) => isSame(a[key], b[key]))
}

/** The strongest class among changes, or undefined when there are none. */
export function strongestHot(changes: readonly Change[]): Hot | undefined {
  let strongest: Hot | undefined
  for (const { hot } of changes) {
    if (strongest === undefined || isStronger(hot, strongest)) strongest = hot
  }
  return strongest
}
