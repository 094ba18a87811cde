/** Conditions of rules: which clients a rule is about. */
import { DEFAULT_ZONE } from '#broker/limits.ts'
import { makeAddressFilter, parseNetwork } from '#net/ip-address.ts'
import { compilePattern } from '#kernel/text-pattern.ts'
import type { Condition } from './rule.ts'
import { attributeOf } from './topic-pattern.ts'

/** A condition that cannot be used. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError'
}

/** What a text of a client is compared with. */
export type TextTest = (text: string) => boolean

/** True for this very text. */
export function equals(wanted: string): TextTest {
  return (text) => text === wanted
}

/**
 * True for texts with a match of the regular expression.
 * @throws ConditionError when it does not compile
 */
export function matchesPattern(pattern: string): TextTest {
  try {
    const compiled = compilePattern(pattern)
    return (tested) => compiled.test(tested)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConditionError(`"${pattern}" is no regular expression: ${reason}`)
  }
}

/** Clients whose user name passes the test; clients without one do not. */
export function ofUser(test: TextTest): Condition {
  return ({ username }) => username !== undefined && test(username)
}

/** Clients whose client identifier passes the test. */
export function ofClientId(test: TextTest): Condition {
  return ({ clientId }) => test(clientId)
}

/** Clients that have the attribute with a value that passes the test. */
export function ofAttribute(name: string, test: TextTest): Condition {
  return (client) => {
    const value = attributeOf(client, name)
    return value !== undefined && test(value)
  }
}

/** Clients of listeners whose id (`tcp:default`) passes the test. */
export function ofListener(test: TextTest): Condition {
  return ({ wire }) => test(wire.listener)
}

/** Clients of listeners whose zone passes the test. */
export function ofZone(test: TextTest): Condition {
  return ({ wire }) => test(wire.zone ?? DEFAULT_ZONE)
}

/**
 * Clients whose address is in one of the networks, each an address or a CIDR.
 * @throws ConditionError
 */
export function fromNetworks(networks: readonly string[]): Condition {
  const rules = networks.map((text) => {
    const network = parseNetwork(text)
    if (network !== undefined) return { permission: 'allow' as const, ...network }
    throw new ConditionError(`"${text}" is no address and no CIDR such as 10.0.0.0/8`)
  })
  const isInside = makeAddressFilter(rules)
  return ({ wire }) => isInside(wire.peerHost)
}

/** Clients that all of the conditions hold for. */
export function allOf(conditions: readonly Condition[]): Condition {
  return (client) => conditions.every((condition) => condition(client))
}

/** Clients that any of the conditions holds for. */
export function anyOf(conditions: readonly Condition[]): Condition {
  return (client) => conditions.some((condition) => condition(client))
}
