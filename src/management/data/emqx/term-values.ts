/** What terms of Erlang stand for. */
import type { Atom, Term, TermMap, Tuple } from '#codec/erlang/external-term.ts'

const CODE_POINT_MAX = 0x10_ffff

/** Whether it is a tuple. */
export function isTuple(term: Term | undefined): term is Tuple {
  return isMarked(term, 'tuple')
}

/** Whether it is a map. */
export function isMap(term: Term | undefined): term is TermMap {
  return isMarked(term, 'map')
}

/** Whether it is a list; a text can be one as well. */
export function isList(term: Term | undefined): term is readonly Term[] {
  return Array.isArray(term)
}

/** The items of a tuple; none when it is no tuple. */
export function itemsOf(term: Term | undefined): readonly Term[] {
  return isTuple(term) ? term.items : []
}

/** Undefined when it is no atom. */
export function atomName(term: Term | undefined): string | undefined {
  return isMarked(term, 'atom') ? (term as Atom).name : undefined
}

/** A text: a binary, an atom, or a list of characters. Undefined when it is none in UTF-8. */
export function textOf(term: Term | undefined): string | undefined {
  if (Buffer.isBuffer(term)) return decodeText(term)
  if (!isList(term)) return atomName(term)
  const isText = term.every(isCodePoint)
  return isText ? term.map((one) => String.fromCodePoint(Number(one))).join('') : undefined
}

/** The value of a key of a map, which is an atom or a text. */
export function entryOf(term: Term | undefined, key: string): Term | undefined {
  return isMap(term) ? term.entries.find(([one]) => textOf(one) === key)?.[1] : undefined
}

/** True and false are atoms. */
export function isTrue(term: Term | undefined): boolean {
  return atomName(term) === 'true'
}

function isMarked(term: Term | undefined, kind: 'tuple' | 'map' | 'atom'): boolean {
  return typeof term === 'object' && 'kind' in term && term.kind === kind
}

function isCodePoint(term: Term): boolean {
  return Number.isInteger(term) && Number(term) >= 0 && Number(term) <= CODE_POINT_MAX
}

function decodeText(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
