import { childrenOf, contentOf, type Element, elementAt, need } from './der-reader.ts'

const SUCCESSFUL = 0
const TAG_SEQUENCE = 0x30
/** `nextUpdate` in an answer about one certificate. */
const TAG_NEXT_UPDATE = 0xa0

/**
 * Until when a responder's answer about a certificate may be shown (RFC 6960 §4.2.1), in ms since
 * 1970; undefined when it says no end. Signatures are for clients to check.
 * @throws RangeError when it is no answer, or one without a status
 */
export function ocspAnswerEndsAtMs(answer: Buffer): number | undefined {
  const [status, response] = childrenOf(answer, elementAt(answer, 0))
  if (contentOf(answer, need(status))[0] !== SUCCESSFUL) throw new RangeError('it has no status')
  const [bytes] = childrenOf(answer, need(response))
  const [, basic] = childrenOf(answer, need(bytes))
  const inner = contentOf(answer, need(basic))
  const [data] = childrenOf(inner, elementAt(inner, 0))
  const [first] = childrenOf(inner, need(childrenOf(inner, need(data)).find(isSequence)))
  const next = childrenOf(inner, need(first)).find(({ tag }) => tag === TAG_NEXT_UPDATE)
  if (next === undefined) return undefined
  const [time] = childrenOf(inner, next)
  return readTime(contentOf(inner, need(time)).toString('latin1'))
}

function isSequence({ tag }: Element): boolean {
  return tag === TAG_SEQUENCE
}

/** GeneralizedTime as RFC 5280 §4.1.2.5.2 allows it: `20260131080000Z`. */
function readTime(text: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (parts === null) throw new RangeError('its end is no time')
  const [year = 0, month = 0, ...rest] = parts.slice(1).map(Number)
  return Date.UTC(year, month - 1, ...rest)
}
