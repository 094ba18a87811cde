import { InvalidArgumentError } from 'commander'

/** A whole number within limits, as an option. */
export function parseInteger(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`A whole number from ${min} to ${max} is needed.`)
  }
}

/** `key=value`, may be given several times. */
export function parsePair(
  text: string,
  others: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Write key=value.')
  return { ...others, [text.slice(0, at)]: text.slice(at + 1) }
}

/** A text that may be given several times. */
export function collect(text: string, others: readonly string[]): readonly string[] {
  return [...others, text]
}

/**
 * User properties for MQTT.js. It must not be given an empty object: the length it then writes into
 * the packet is wrong, and the broker waits for the rest.
 */
export function userProperties(pairs: Readonly<Record<string, string>>): {
  readonly userProperties?: Record<string, string>
} {
  return Object.keys(pairs).length === 0 ? {} : { userProperties: { ...pairs } }
}
