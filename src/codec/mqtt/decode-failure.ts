import type { ReasonCode } from './reason-codes.ts'

/**
 * Why bytes were refused. Returned, never thrown: decoders answer `T | DecodeFailure`.
 *
 * Instances are shared constants made once when the modules load, so that a flood of bad packets
 * allocates nothing; nobody may change them.
 */
export class DecodeFailure {
  /** What a server sends in CONNACK, DISCONNECT or an acknowledgement. */
  readonly reason: ReasonCode
  /** One clause in English for logs and reason strings, without a full stop. */
  readonly detail: string
  /** Normative statement that was broken, like `[MQTT-3.3.2-2]`; empty when none is numbered. */
  readonly tag: string

  constructor(reason: ReasonCode, detail: string, tag: string = '') {
    this.reason = reason
    this.detail = detail
    this.tag = tag
  }
}

/** True when a decoder's answer is a failure. */
export function isFailure(x: unknown): x is DecodeFailure {
  return x instanceof DecodeFailure
}
