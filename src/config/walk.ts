/** Moving through a description: which field a path names, and everything there is. */
import type { Field, FieldSpec, Hot } from './field.ts'
import { formName } from './variant.ts'

/** A field, the path that leads to it, and when a change of it takes effect. */
export interface Located {
  readonly path: readonly string[]
  readonly field: FieldSpec
  readonly hot: Hot
}

/** The class a field has when neither it nor anything around it names one. */
const STRONGEST: Hot = 'restart-node'

const ORDER: readonly Hot[] = ['live', 'new-connections', 'restart-listener', 'restart-node']

/** Whether `a` takes effect later than `b`. */
export function isStronger(a: Hot, b: Hot): boolean {
  return ORDER.indexOf(a) > ORDER.indexOf(b)
}

/**
 * The field a path of a configuration names, with its proper path; keys of maps and lists may be
 * anything.
 */
export function fieldAt(root: Field, path: readonly string[]): Located | undefined {
  let field: FieldSpec = root
  let hot = root.hot ?? STRONGEST
  const proper: string[] = []
  for (const key of path) {
    for (const name of properNames(field, key)) {
      const next = childOf(field, name)
      if (next === undefined) return undefined
      proper.push(name)
      field = next
      hot = field.hot ?? hot
    }
  }
  return { path: proper, field, hot }
}

/** What a key of a group stands for: itself, or by another name a key of it or below. */
export function properNames(field: FieldSpec, key: string): readonly string[] {
  if (field.kind !== 'object' || Object.hasOwn(field.fields, key)) return [key]
  const { aliases = {} } = field
  return Object.hasOwn(aliases, key) ? (aliases[key]?.split('.') ?? []) : [key]
}

function childOf(field: FieldSpec, key: string): FieldSpec | undefined {
  if (field.kind === 'map') return field.value
  if (field.kind === 'list') return /^\d+$/.test(key) ? field.item : undefined
  if (field.kind === 'variant') {
    // Without the value it is not known which form it has: the first one with such a key.
    return field.forms.map((form) => childOf(form, key)).find((child) => child !== undefined)
  }
  if (field.kind !== 'object') return undefined
  return Object.hasOwn(field.fields, key) ? field.fields[key] : undefined
}

/** Every field in order, parents first. Free keys are shown as `<name>`, items as `[]`. */
export function* allFields(root: Field): Generator<Located> {
  yield* walk(root, [], root.hot ?? STRONGEST)
}

function* walk(field: FieldSpec, path: readonly string[], above: Hot): Generator<Located> {
  const hot = field.hot ?? above
  yield { path, field, hot }
  if (field.kind === 'map') yield* walk(field.value, [...path, `<${field.keyLabel}>`], hot)
  if (field.kind === 'list') yield* walk(field.item, [...path, '[]'], hot)
  if (field.kind === 'variant') {
    for (const form of field.forms) yield* walk(form, [...path, `<${formName(field, form)}>`], hot)
  }
  if (field.kind !== 'object') return
  for (const [key, child] of Object.entries(field.fields)) {
    yield* walk(child, [...path, key], hot)
  }
}
