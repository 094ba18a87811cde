import type { ClientAttributes } from '../ports.ts'

/** Facts of a client that may stand in a topic of the configuration. */
export interface TopicValues {
  readonly clientId: string
  readonly username: string | undefined
  readonly host?: string
  readonly port?: number
  readonly attributes?: ClientAttributes
}

/** `client_attrs` allows every `${client_attrs.<name>}`. */
export type PlaceholderName = 'clientid' | 'username' | 'host' | 'port' | 'client_attrs'

/** A placeholder in its place; `attribute` for those of `client_attrs`. */
export interface Placeholder {
  readonly name: PlaceholderName
  readonly attribute: string
}

/** A topic with placeholders, compiled. */
export interface TopicTemplate {
  /** Texts and placeholders in turn. */
  readonly parts: readonly (string | Placeholder)[]
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
  const parts: (string | Placeholder)[] = []
  let at = 0
  for (const match of text.matchAll(PLACEHOLDER)) {
    const [written, attribute = ''] = splitName(match[1] ?? '')
    const name = allowed.find((candidate) => candidate === written)
    if (name === undefined) {
      const choice = allowed.map((candidate) => `\${${candidate}}`).join(', ')
      throw new Error(`unknown placeholder ${match[0]} in "${text}"; there are ${choice}`)
    }
    if (match.index > at) parts.push(text.slice(at, match.index))
    parts.push({ name, attribute })
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
    const value = valueOf(part, values)
    if (value === undefined || UNSAFE_IN_TOPIC.test(value)) return undefined
    text += value
  }
  return text
}

const ATTRIBUTES = 'client_attrs.'

function splitName(name: string): readonly [name: string, attribute?: string] {
  if (!name.startsWith(ATTRIBUTES)) return [name === 'client_attrs' ? '' : name]
  return ['client_attrs', name.slice(ATTRIBUTES.length)]
}

const UNSAFE_IN_TOPIC = /[+#\0]/u

function valueOf({ name, attribute }: Placeholder, values: TopicValues): string | undefined {
  switch (name) {
    case 'client_attrs':
      return values.attributes && Object.hasOwn(values.attributes, attribute)
        ? values.attributes[attribute]
        : undefined
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
