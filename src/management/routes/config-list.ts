import type { Plain } from '#config/hocon/value.ts'
import { badRequest, notFound } from '../http/api-error.ts'

/** An item of a list of the configuration, in written form. */
export type PlainItem = { readonly [key: string]: Plain }

/** A list of the configuration whose items have names. */
export interface NamedList {
  /** What an item is called in messages. */
  readonly what: string
  readonly nameOf: (item: PlainItem) => string
}

/** A value that is a text; empty when it is none. */
export function textOf(value: Plain | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** The place of the item of this name. Throws ApiError 404 when there is none. */
export function indexOf(list: NamedList, items: readonly PlainItem[], name: string): number {
  const index = items.findIndex((item) => list.nameOf(item) === name)
  if (index === -1) throw notFound(`There is no ${list.what} ${name}.`)
  return index
}

/**
 * The list with one item at another place.
 * @param position `front`, `rear`, `before:<name>`, `after:<name>`
 * @throws ApiError 404 for a name that is not there, 400 for a position that is none
 */
export function moved(
  list: NamedList,
  items: readonly PlainItem[],
  name: string,
  position: string,
): readonly PlainItem[] {
  const from = indexOf(list, items, name)
  const others = items.toSpliced(from, 1)
  const item = items.slice(from, from + 1)
  if (position === 'front' || position === 'top') return [...item, ...others]
  if (position === 'rear' || position === 'bottom') return [...others, ...item]
  const match = /^(before|after):(.+)$/.exec(position)
  if (match === null) {
    const forms = 'front, rear, before:<name> or after:<name>'
    throw badRequest(`The position ${position} is none of ${forms}.`)
  }
  const [, side, other = ''] = match
  const at = indexOf(list, others, other)
  return others.toSpliced(side === 'before' ? at : at + 1, 0, ...item)
}

/**
 * The list in the order of these names.
 * @throws ApiError 400 unless each item is named once
 */
export function ordered(
  list: NamedList,
  items: readonly PlainItem[],
  names: readonly string[],
): readonly PlainItem[] {
  const present = items.map((item) => list.nameOf(item))
  const missing = present.filter((name) => !names.includes(name))
  const unknown = names.filter((name) => !present.includes(name))
  if (missing.length > 0) throw badRequest(`body lacks the ${list.what} ${missing.join(', ')}.`)
  if (unknown.length > 0) throw badRequest(`body: there is no ${list.what} ${unknown.join(', ')}.`)
  if (names.length > present.length) throw badRequest(`body names the same ${list.what} twice.`)
  return items.toSorted((a, b) => names.indexOf(list.nameOf(a)) - names.indexOf(list.nameOf(b)))
}
