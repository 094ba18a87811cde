import { type FormSchema, Shape, shapeOf } from '../../components/schema-form/form-schema.ts'
import type { ConfigKey } from './config-form.tsx'
import { nest, printPath, splitPath } from './config-path.ts'
import { schemaAt } from './schema-at.ts'

/** Roots whose groups have pages of their own. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'actions',
  'connectors',
  'listeners',
  'rule_engine',
  'schema_registry',
  'sources',
])
/** The latest of the times at which a change of one of several keys counts. */
const EFFECTS = ['live', 'new-connections', 'restart-listener', 'restart-node'] as const

/** Whether a key is no more than a place for groups, which are made on a page of their own. */
export function isElsewhere({ key, value }: ConfigKey): boolean {
  const isEmptyGroup = JSON.stringify(value) === '{}'
  return isEmptyGroup && ELSEWHERE.has(splitPath(key)[0] ?? '')
}

/** Groups under names that people choose stand as one key, with all that is in them. */
export function foldGroups(keys: readonly ConfigKey[], root: FormSchema): readonly ConfigKey[] {
  const parts = Map.groupBy(keys, ({ key }) => placeOf(key, root))
  return [...parts].flatMap(([place, members]) => {
    return members.some(({ key }) => key !== place) ? [folded(place, members, root)] : members
  })
}

/** The key itself, or of the groups that it is in. */
function placeOf(key: string, root: FormSchema): string {
  const path = splitPath(key)
  if (ELSEWHERE.has(path[0] ?? '')) return key
  const places = path.map((_, index) => printPath(path.slice(0, index + 1)))
  return places.find((one) => shapeOf(schemaAt(root, one)) === Shape.NAMED_GROUPS) ?? key
}

function folded(place: string, members: readonly ConfigKey[], root: FormSchema): ConfigKey {
  const { length } = splitPath(place)
  const values = members.flatMap(({ key, value }) => {
    return value === undefined ? [] : [[printPath(splitPath(key).slice(length)), value] as const]
  })
  const { origin, place: writtenAt } =
    members.find((one) => one.origin !== 'default') ?? members[0]!
  const effects = members.map(({ effect }) => EFFECTS.indexOf(effect))
  return {
    key: place,
    description: schemaAt(root, place).description ?? '',
    value: nest(new Map(values)),
    origin,
    ...(writtenAt !== undefined && { place: writtenAt }),
    pinned: members.some(({ pinned }) => pinned),
    effect: EFFECTS[Math.max(...effects)] ?? 'live',
  }
}
