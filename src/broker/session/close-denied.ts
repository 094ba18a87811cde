import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { Connection } from './connection.ts'

/** Ends the connection of a client that asked for what it may not (`deny_action = disconnect`). */
export function closeDenied(connection: Connection, action: 'publish' | 'subscribe'): void {
  connection.close({
    reason: ReasonCode.NOT_AUTHORIZED,
    code: 'not_authorized',
    text: `The client is not authorized to ${action} there.`,
  })
}
