/** The known name that a misspelt one was probably meant to be. */

/** Edits (insert, delete, replace, swap neighbours) that turn one text into the other. */
export function editDistance(a: string, b: string): number {
  const width = b.length + 1
  let before: number[] = []
  let previous = Array.from({ length: width }, (_, column) => column)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column < width; column += 1) {
      const replaced = a[row - 1] === b[column - 1] ? 0 : 1
      const swapped =
        row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current.push(
        Math.min(
          (previous[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (previous[column - 1] ?? 0) + replaced,
          swapped ? (before[column - 2] ?? 0) + 1 : Infinity,
        ),
      )
    }
    before = previous
    previous = current
  }
  return previous[b.length] ?? 0
}

/** Longer names are not compared: nobody misspells so long a key. */
const NAME_LENGTH_MAX = 64

/** The nearest of `names` when it is near enough to be meant, else undefined. */
export function nearestName(wrong: string, names: Iterable<string>): string | undefined {
  if (wrong.length > NAME_LENGTH_MAX) return undefined
  const limit = Math.max(1, Math.floor(wrong.length / 3))
  let nearest: string | undefined
  let least = limit + 1
  for (const name of names) {
    const distance = editDistance(wrong.toLowerCase(), name.toLowerCase())
    if (distance >= least) continue
    least = distance
    nearest = name
  }
  return nearest
}
