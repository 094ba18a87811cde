/** A text in which words between backticks are written as code. */
export function Described({ text = '' }: { text?: string | undefined }) {
  // Every second part stood between backticks. Parts of a text have no names, and never move.
  return text
    .split('`')
    .map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>))
}
