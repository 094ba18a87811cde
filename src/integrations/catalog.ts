import type { AnyConnector } from '#plugin/define-connector.ts'
import http from './connectors/http.ts'
import mqtt from './connectors/mqtt.ts'

/** Every connector there is. */
export const CONNECTORS: readonly AnyConnector[] = [http, mqtt]

/** The connector of a type, or undefined. */
export function connectorOf(type: string): AnyConnector | undefined {
  return CONNECTORS.find(({ description }) => description.type === type)
}
