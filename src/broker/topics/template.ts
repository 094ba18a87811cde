/** Facts of a client that may stand in a topic of the configuration. */
export interface TopicValues {
  readonly clientId: string
  readonly username: string | undefined
  readonly host?: string
  readonly port?: number
}

export type PlaceholderName = 'clientid' | 'username' | 'host' | 'port'

/** A topic with placeholders, compiled. */
export interface TopicTemplate {
  /** Texts and placeholders in turn. */
  readonly parts: readonly (string | { readonly name: PlaceholderName })[]
  /** Without placeholders: the text itself. */
  readonly constant: string | undefined
}

const PLACEHOLDER = /\$\{([^}]*)\}/gu

/**
 * Compiles `text` with the placeholders in `allowed`, written `${clientid}`.
 * @throws Error that names the placeholder when another one stands in the text
 */
export function compileTopicTemplate(
  text: string,
  allowed: readonly PlaceholderName[],
): TopicTemplate {
  const parts: (string | { readonly name: PlaceholderName })[] = []
  let at = 0
  for (const match of text.matchAll(PLACEHOLDER)) {
    const name = allowed.find((candidate) => candidate === match[1])
    if (name === undefined) {
      const choice = allowed.map((candidate) => `\${${candidate}}`).join(', ')
      throw new Error(`unknown placeholder ${match[0]} in "${text}"; there are ${choice}`)
    }
    if (match.index > at) parts.push(text.slice(at, match.index))
    parts.push({ name })
    at = match.index + match[0].length
  }
  if (parts.length === 0) return { parts: [text], constant: text }
  if (at < text.length) parts.push(text.slice(at))
  return { parts, constant: undefined }
}

/**
 * Fills the placeholders in. Undefined when the client lacks a value, or when a value has a
 * wildcard or U+0000 in it: a client named `+` must not widen a filter to its neighbours' topics.
 */
export function renderTopicTemplate(
  template: TopicTemplate,
  values: TopicValues,
): string | undefined {
  if (template.constant !== undefined) return template.constant
  let text = ''
  for (const part of template.parts) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    const value = valueOf(part.name, values)
    if (value === undefined || UNSAFE_IN_TOPIC.test(value)) return undefined
    text += value
  }
  return text
}

const UNSAFE_IN_TOPIC = /[+#\0]/u

function valueOf(name: PlaceholderName, values: TopicValues): string | undefined {
  switch (name) {
    case 'clientid':
      return values.clientId
    case 'username':
      return values.username
    case 'host':
      return values.host
    case 'port':
      return values.port === undefined ? undefined : String(values.port)
  }
}
