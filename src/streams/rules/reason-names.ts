/** Names of reasons as rules see them. */
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'

const V5: ReadonlyMap<ReasonCode, string> = new Map(
  Object.entries(ReasonCode).map(([name, code]) => [code, name.toLowerCase()] as const),
)

/** Where EMQX says it in other words than the standard. */
const V5_OTHERWISE: ReadonlyMap<ReasonCode, string> = new Map([
  [ReasonCode.SUCCESS, 'success'],
  [ReasonCode.BAD_USER_NAME_OR_PASSWORD, 'bad_username_or_password'],
  [ReasonCode.UNSUPPORTED_PROTOCOL_VERSION, 'unsupported_protocol_version'],
])

/** By return code of MQTT 3.1.1 (§3.2.2.3). */
const V3: ReadonlyMap<ReasonCode, string> = new Map([
  [ReasonCode.SUCCESS, 'connection_accepted'],
  [ReasonCode.UNSUPPORTED_PROTOCOL_VERSION, 'unacceptable_protocol_version'],
  [ReasonCode.CLIENT_IDENTIFIER_NOT_VALID, 'client_identifier_not_valid'],
  [ReasonCode.SERVER_UNAVAILABLE, 'server_unavailable'],
  [ReasonCode.BAD_USER_NAME_OR_PASSWORD, 'malformed_username_or_password'],
  [ReasonCode.NOT_AUTHORIZED, 'unauthorized_client'],
])

/** The reason of a CONNACK, as the version of the client names it. */
export function connackReason(reason: ReasonCode, isV5: boolean): string {
  const name = V5_OTHERWISE.get(reason) ?? V5.get(reason) ?? 'unspecified_error'
  return isV5 ? name : (V3.get(reason) ?? name)
}

/** Codes of closes under the names that EMQX has for them; others are the same. */
const DISCONNECT: Readonly<Record<string, string>> = {
  tcp_error: 'tcp_closed',
  packet_too_large: 'frame_too_large',
}

/** Why a connection has ended. */
export function disconnectReason(code: string): string {
  return Object.hasOwn(DISCONNECT, code) ? (DISCONNECT[code] ?? code) : code
}
