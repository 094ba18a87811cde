import type { ClientRates } from '#broker/limits.ts'
import type { Allowance } from '#kernel/token-bucket.ts'
import type { KeepAlive } from '#net/acceptor.ts'
import type { AddressRule } from '#net/ip-address.ts'
import type { PskOptions } from '#net/psk-file.ts'
import type { ClientChainRules } from './client-chain.ts'
import type { OcspOptions } from './ocsp-staple.ts'
import type { TlsOptions } from '#net/tls-files.ts'

export type ListenerType = 'tcp' | 'ssl' | 'ws' | 'wss'

/** Everything one listener needs to know: plain data that can be sent to another thread. */
export interface ListenerOptions {
  /** `type:name`, such as `tcp:default`. */
  readonly id: string
  readonly type: ListenerType
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly backlog: number
  /** Several threads listen on the same port. */
  readonly reusePort: boolean
  /** Connections of this listener in the whole process; Infinity = no limit. */
  readonly connectionsMax: number
  /** New connections of this listener in this thread; more wait. May be Infinity. */
  readonly connectRate: Allowance
  /** Besides `connectRate`. */
  readonly connectBurst: Allowance | undefined
  /** Connections above it are refused with CONNACK 0x9F instead of waiting. */
  readonly refuseAboveRate: boolean
  /** What each client may send; undefined = no limits. */
  readonly rates: ClientRates | undefined
  /** Applied to the address of whoever opens the connection, be it a proxy. */
  readonly accessRules: readonly AddressRule[]
  readonly mountpoint: string
  /** Whose settings hold for its clients. */
  readonly zone: string
  readonly proxyProtocol: boolean
  readonly proxyTimeoutMs: number
  readonly noDelay: boolean
  readonly keepAlive: KeepAlive | undefined
  /** A connection that takes nothing of what waits for it for so long is cut; may be Infinity. */
  readonly sendTimeoutMs: number
  /** For ssl and wss. */
  readonly tls: TlsListenerOptions | undefined
  /** For ws and wss. */
  readonly websocket: WebSocketOptions | undefined
}

export interface TlsListenerOptions {
  readonly files: TlsOptions
  /** Undefined: no pre-shared keys are accepted. */
  readonly psk: PskOptions | undefined
  /** Asks the client for a certificate; one that cannot be verified is refused. */
  readonly verifyPeer: boolean
  readonly clientChain: ClientChainRules
  /** Undefined: no answers of OCSP are stapled. */
  readonly ocsp: OcspOptions | undefined
  /** Certificates for clients that ask for one of these host names; `*.` stands for one label. */
  readonly serverNames: readonly ServerNameFiles[]
  /** Refuses clients without a certificate. */
  readonly requirePeerCertificate: boolean
  readonly handshakeTimeoutMs: number
}

export interface WebSocketOptions {
  readonly path: string
  readonly compress: boolean
  /** A connection from which nothing has come for so long is closed; may be Infinity. */
  readonly idleTimeoutMs: number
  readonly frameBytesMax: number
  readonly upgradeTimeoutMs: number
  readonly requireSubprotocol: boolean
  readonly subprotocols: readonly string[]
  /** Origins accepted; undefined = any. */
  readonly origins: readonly string[] | undefined
  readonly allowMissingOrigin: boolean
  readonly addressHeader: string
  readonly portHeader: string
}

/** The certificate of one host name, where a listener has several. */
export interface ServerNameFiles {
  readonly name: string
  readonly certfile: string
  readonly keyfile: string
  readonly password: string | undefined
}
