/** Addresses of servers in the configuration: `host`, `host:port`, `[::1]:port`. */

/** A host and a port. */
export interface HostPort {
  readonly host: string
  readonly port: number
}

const ADDRESS = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/[\],]+))(?::(\d{1,5}))?$/
const PORT_MAX = 65_535

/** Host and port; undefined when the text is no address. */
export function parseServerAddress(text: string, defaultPort: number): HostPort | undefined {
  const match = ADDRESS.exec(text.trim())
  if (match === null) return undefined
  const [, bracketed, plain, digits] = match
  const port = digits === undefined ? defaultPort : Number(digits)
  const host = bracketed ?? plain
  return host === undefined || port < 1 || port > PORT_MAX ? undefined : { host, port }
}

/** Several addresses with commas between them; undefined when one is none. */
export function parseServerAddresses(
  text: string,
  defaultPort: number,
): readonly HostPort[] | undefined {
  const found: HostPort[] = []
  for (const part of text.split(',')) {
    const address = parseServerAddress(part, defaultPort)
    if (address === undefined) return undefined
    found.push(address)
  }
  return found
}
