/** Names of a key's path: parts in quotes may hold dots. */
export function splitPath(key: string): readonly string[] {
  const parts = key.match(/"(?:[^"\\]|\\.)*"|[^.]+/g) ?? []
  return parts.map((part) => (part.startsWith('"') ? (JSON.parse(part) as string) : part))
}

/** The key of a path. */
export function printPath(path: readonly string[]): string {
  return path.map((part) => (/^[\w-]+$/.test(part) ? part : JSON.stringify(part))).join('.')
}

/** Changed keys as one object, the way the API takes it. */
export function nest(changes: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  for (const [key, value] of changes) {
    const path = splitPath(key)
    let place = root
    for (const name of path.slice(0, -1)) {
      place[name] ??= {}
      place = place[name] as Record<string, unknown> // Made above, or by a key beside.
    }
    const last = path.at(-1)
    if (last !== undefined) place[last] = value
  }
  return root
}
