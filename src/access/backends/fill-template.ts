/** Templates whose placeholders are filled with what is known of a client. */

/** The value of a placeholder; undefined when the client has none. */
export type ValueOf = (name: string) => string | undefined

/** Texts and names of placeholders in turn: even positions are texts. */
export type TextTemplate = readonly string[]

const PLACEHOLDER = /\$\{([^}]*)\}/u

/** Compiles a text with placeholders. */
export function compileText(text: string): TextTemplate {
  return text.split(PLACEHOLDER)
}

/**
 * Fills a template in.
 * @param escape applied to each value, so that it stays a value in what it becomes part of
 * @returns undefined when a value is missing
 */
export function fillText(
  template: TextTemplate,
  valueOf: ValueOf,
  escape: (value: string) => string = (value) => value,
): string | undefined {
  let text = template[0] ?? ''
  for (let at = 1; at < template.length; at += 2) {
    const value = valueOf(template[at] ?? '')
    if (value === undefined) return undefined
    text += escape(value) + (template[at + 1] ?? '')
  }
  return text
}
