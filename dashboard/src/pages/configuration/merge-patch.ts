/** What makes one value of another: null for what is gone (RFC 7386). */
export function mergePatch(before: unknown, after: unknown): unknown {
  if (!isGroup(before) || !isGroup(after)) return after
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  const changes = [...names].flatMap((name) => {
    if (JSON.stringify(before[name]) === JSON.stringify(after[name])) return []
    return [[name, name in after ? mergePatch(before[name], after[name]) : null] as const]
  })
  return Object.fromEntries(changes)
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value as a patch makes it. */
export function applyPatch(before: unknown, patch: unknown): unknown {
  if (!isGroup(patch)) return patch
  const group = isGroup(before) ? before : {}
  const changes = Object.entries(patch).map(([name, part]) => {
    return [name, applyPatch(group[name], part)] as const
  })
  const entries = Object.entries({ ...group, ...Object.fromEntries(changes) })
  return Object.fromEntries(entries.filter(([, value]) => value !== null))
}
