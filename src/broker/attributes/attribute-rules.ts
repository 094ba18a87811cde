import type { ConnectPacket } from '#codec/mqtt/connect.ts'
import { type AttributeSettings, DEFAULT_ZONE } from '../limits.ts'
import type { ClientAttributes, WireInfo } from '../ports.ts'
import { compileExpression, type Expression } from './expression.ts'

const NONE: ClientAttributes = Object.freeze({})
/** Longest value: it becomes part of topics. */
const VALUE_LENGTH_MAX = 1_024
const USER_PROPERTY = 'user_property.'

/** Facts about a client that attributes are made of. */
export interface AttributeSource {
  readonly clientId: string
  readonly username: string | undefined
  readonly wire: WireInfo
  readonly packet: ConnectPacket
}

/** Makes the attributes of clients (`mqtt.client_attrs_init`). */
export class AttributeRules {
  readonly #rules: readonly { readonly name: string; readonly expression: Expression }[]

  /** @throws Error that names the rule whose expression cannot be read */
  constructor(settings: readonly AttributeSettings[]) {
    this.#rules = settings.map(({ expression, name }) => {
      try {
        return { name, expression: compileExpression(expression) }
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        throw new Error(`the expression of ${name} ${reason}`, { cause: error })
      }
    })
  }

  /** An attribute for which the client lacks something, or that is empty, is not there. */
  attributesOf(source: AttributeSource): ClientAttributes {
    if (this.#rules.length === 0) return NONE
    const valueOf = (name: string): string | undefined => valueIn(source, name)
    const attributes: Record<string, string> = {}
    for (const { name, expression } of this.#rules) {
      const value = expression(valueOf)
      if (value === undefined || value === '' || value.length > VALUE_LENGTH_MAX) continue
      attributes[name] = value
    }
    return attributes
  }
}

function valueIn(source: AttributeSource, name: string): string | undefined {
  const { wire, packet } = source
  switch (name) {
    case 'clientid':
      return source.clientId
    case 'username':
      return source.username
    case 'cn':
      return wire.certCommonName
    case 'dn':
      return wire.certSubject
    case 'peerhost':
      return wire.peerHost
    case 'listener':
      return wire.listener
    case 'zone':
      return wire.zone ?? DEFAULT_ZONE
  }
  const key = name.slice(USER_PROPERTY.length)
  return packet.properties.userProperties?.find(([one]) => one === key)?.[1]
}
