const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
/** Text of these characters has one grapheme for each: no need to look closer. */
const PLAIN = /^[\x20-\x7e]*$/

/** The characters as a reader sees them: `e` with its accent is one. */
export function graphemesOf(text: string): readonly string[] {
  if (PLAIN.test(text)) return text.split('')
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}
