import { CREDENTIAL_NAMES, checkPlaceholders } from '../authentication/template-check.ts'

/** What is known of a request about a topic, besides what the client presented. */
export const REQUEST_NAMES = ['topic', 'action', 'qos', 'retain'] as const

const NAMES: readonly string[] = [
  ...CREDENTIAL_NAMES.filter((name) => name !== 'password'),
  ...REQUEST_NAMES,
]

/** What is wrong with the placeholders in a text of a source of rules, or undefined. */
export function checkSourceTemplate(text: string): string | undefined {
  return checkPlaceholders(text, NAMES)
}
