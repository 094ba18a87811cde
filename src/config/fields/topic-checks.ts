/** Checks of texts that become topics, or go to clients as they are. */

/** Longest text that a packet can hold. */
const MQTT_TEXT_BYTES_MAX = 65_535

const PLACEHOLDER = /\$\{([^}]*)\}/gu

/** What is wrong with a text that is sent to clients, or undefined. */
export function checkMqttText(text: string): string | undefined {
  if (Buffer.byteLength(text) > MQTT_TEXT_BYTES_MAX) return 'must have at most 65535 bytes of UTF-8'
  return text.isWellFormed() && !text.includes('\0')
    ? undefined
    : 'must be well-formed text without U+0000'
}

/** What is wrong with the placeholders `${name}` in a text, or undefined. */
export function checkPlaceholders(text: string, allowed: readonly string[]): string | undefined {
  const wrong = [...text.matchAll(PLACEHOLDER)].find(([, name = '']) => {
    return !allowed.includes(name.replace(/^client_attrs\.[\w-]+$/, 'client_attrs.<name>'))
  })
  if (wrong === undefined) return checkMqttText(text)
  const choice = allowed.map((name) => `\`\${${name}}\``).join(', ')
  return `has the unknown placeholder ${wrong[0]} (there are ${choice})`
}

/** What is wrong with the mountpoint of a listener, or undefined. */
export function checkMountpoint(text: string): string | undefined {
  if (/[+#]/u.test(text)) return 'must have no wildcards `+` and `#`'
  return checkPlaceholders(text, ['clientid', 'username', 'client_attrs.<name>'])
}
