/** What a template may refer to. */
export interface TopicValues {
  /** Number of the client among those of its role, or of the filter when a client has several. */
  readonly i: number
  /** Number of the message, counted over all publishers. */
  readonly s: number
  /** A random number. */
  readonly r: number
  /** Client identifier. */
  readonly c: string
  /** User name. */
  readonly u: string
}

/** A topic or filter with places to fill in. */
export interface TopicTemplate {
  readonly text: string
  /** It differs from message to message (`s`, `r`). */
  readonly variesByMessage: boolean
  /** It differs from client to client (`i`, `c`, `u`). */
  readonly variesByClient: boolean
  render(values: TopicValues): string
}

type Piece = string | ((values: TopicValues) => string)

const PLACES = /%([icus])|\{([isr])((?:[/%]\d+)*)\}/g

/**
 * Reads a template: `%i` client, `%c` client identifier, `%u` user name, `%s` message; in braces
 * `i`, `s` or `r` (random) with divisions and remainders: `site{s/1000%50}/dev{s%1000}`.
 * @throws RangeError for a division by zero
 */
export function parseTopicTemplate(text: string): TopicTemplate {
  const pieces: Piece[] = []
  const used = new Set<string>()
  let end = 0
  for (const match of text.matchAll(PLACES)) {
    const [whole, short, name = short ?? '', steps = ''] = match
    if (match.index > end) pieces.push(text.slice(end, match.index))
    end = match.index + whole.length
    used.add(name)
    pieces.push(place(name as keyof TopicValues, steps)) // The pattern allows no other names.
  }
  if (end < text.length) pieces.push(text.slice(end))
  return {
    text,
    variesByMessage: used.has('s') || used.has('r'),
    variesByClient: used.has('i') || used.has('c') || used.has('u'),
    render: (values) =>
      pieces.map((piece) => (typeof piece === 'string' ? piece : piece(values))).join(''),
  }
}

/** The filter that covers every topic of a template: its variable levels become `+`. */
export function coveringFilter(template: string): string {
  return template
    .replaceAll(PLACES, '\0')
    .split('/')
    .map((level) => (level.includes('\0') ? '+' : level))
    .join('/')
}

function place(name: keyof TopicValues, steps: string): Piece {
  const operations = [...steps.matchAll(/([/%])(\d+)/g)].map(([, operator, digits]) => {
    const operand = Number(digits)
    if (operand === 0) throw new RangeError(`{${name}${steps}}: division by zero`)
    return { operator, operand }
  })
  return (values) => {
    let value = values[name]
    if (typeof value === 'string') return value
    for (const { operator, operand } of operations) {
      value = operator === '/' ? Math.floor(value / operand) : value % operand
    }
    return String(value)
  }
}
