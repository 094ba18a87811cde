import { formatAddress } from './ip-address.ts'

/** Why an address cannot be listened on, in words for the owner, with what to do. */
export class ListenError extends Error {
  readonly code: string

  constructor(code: string, host: string, port: number) {
    super(`cannot listen on ${formatAddress(host, port)}: ${explain(code, port)}`)
    this.name = 'ListenError'
    this.code = code
  }
}

/** The error in words for its owner; anything that is not a system error keeps its own. */
export function toListenError(error: unknown, host: string, port: number): ListenError {
  const code = (error as { code?: unknown } | undefined)?.code
  return new ListenError(typeof code === 'string' ? code : String(error), host, port)
}

function explain(code: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return (
        'another program uses this port (EADDRINUSE). Stop it, or set another port in the ' +
        '`bind` of the listener.'
      )
    case 'EACCES':
      return (
        `not permitted (EACCES). ${port < 1024 ? 'Ports below 1024 need a privilege. ' : ''}` +
        'Use a port above 1023, or give the process the right to it (CAP_NET_BIND_SERVICE).'
      )
    case 'EADDRNOTAVAIL':
      return (
        'this host does not have that address (EADDRNOTAVAIL). Set an address of this host, ' +
        '0.0.0.0 or [::] in the `bind` of the listener.'
      )
    case 'EAFNOSUPPORT':
      return 'this host has no IPv6 (EAFNOSUPPORT). Set an IPv4 address in the `bind`.'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host name cannot be resolved (${code}). Set an IP address in the \`bind\`.`
    case 'EMFILE':
    case 'ENFILE':
      return `too many open files (${code}). Raise the limit (ulimit -n, LimitNOFILE).`
    default:
      return code
  }
}
