import type { Problem } from './load/load-messages.ts'

const REMEDIES: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/ECONNREFUSED/, 'nobody listens there: is the broker running, is the port right?'],
  [/EMFILE|ENFILE/, 'too few file descriptors: raise the limit (ulimit -n)'],
  [/EADDRNOTAVAIL/, 'no local port is free: use more local addresses (--ifaddr) or fewer clients'],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/, 'the host does not answer: firewall, network?'],
  [/bad user name|not authorized/, 'give --username and --password, or let the clients in'],
  [/self.signed|unable to verify|local issuer/i, 'give --cafile, or --insecure to trust anybody'],
  [/no CONNACK/, 'the port may speak something else than MQTT, or the broker is too busy'],
  [/closed by the broker/, 'look into its log; does the port want TLS or a WebSocket?'],
  [/malformed packet/, 'is this a port for MQTT, without TLS and WebSocket?'],
]

/** A problem with its number and, when one is known, what to do. */
export function describeProblem([text, count]: Problem): string {
  return `${count} × ${withRemedy(text)}`
}

/** A problem and, when one is known, what to do. */
export function withRemedy(text: string): string {
  const remedy = REMEDIES.find(([pattern]) => pattern.test(text))?.[1]
  return remedy === undefined ? text : `${text} (${remedy})`
}
