/** Placeholders in the keys of authenticators. */

/** What a client presents, as `${name}`; `${client_attrs.name}` for its attributes. */
export const CREDENTIAL_NAMES = [
  'clientid',
  'username',
  'password',
  'peerhost',
  'peerport',
  'peername',
  'listener',
  'zone',
  'cert_common_name',
  'cert_subject',
  'cert_pem',
] as const

const PLACEHOLDER = /\$\{([^}]*)\}/gu
const ATTRIBUTE = /^client_attrs\.[A-Za-z0-9_-]+$/

/** What is wrong with the placeholders in a text of an authenticator, or undefined. */
export function checkTemplate(text: string): string | undefined {
  return checkPlaceholders(text, CREDENTIAL_NAMES)
}

/** What is wrong with the placeholders in a text that may hold these names, or undefined. */
export function checkPlaceholders(text: string, names: readonly string[]): string | undefined {
  const wrong = [...text.matchAll(PLACEHOLDER)].find(([, name = '']) => {
    return !names.includes(name) && !ATTRIBUTE.test(name)
  })
  if (wrong === undefined) return undefined
  const choice = [...names, 'client_attrs.<name>'].map((name) => `\`\${${name}}\``).join(', ')
  return `has the unknown placeholder ${wrong[0]} (there are ${choice})`
}
