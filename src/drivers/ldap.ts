import type { Client, ClientOptions, Entry } from 'ldapts'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type ConnectionKind, ConnectionPool } from './connection-pool.ts'
import type { Driver, DriverLimits, ServerAddress, TlsClientOptions } from './driver.ts'
import { DriverError, explainNetworkError, readLibraryError } from './driver-error.ts'

/** An LDAP server (RFC 4511) and the user that searches it. */
export interface LdapSettings extends DriverLimits {
  readonly server: ServerAddress
  /** Distinguished name; empty: anonymous. */
  readonly username: string
  readonly password: string
  readonly tls: TlsClientOptions | undefined
}

/** An entry: its name, and values by the names of attributes in lower case. */
export interface LdapEntry {
  readonly dn: string
  readonly attributes: ReadonlyMap<string, readonly string[]>
}

/** What is looked for: a filter (RFC 4515) in a part of the tree. */
export interface LdapSearch {
  readonly baseDn: string
  readonly filter: string
  readonly attributes: readonly string[]
}

/** An LDAP directory. */
export interface LdapDriver extends Driver {
  /**
   * Entries that match, at most two: who looks for one wants to know when there are more.
   * @throws DriverError
   */
  search(search: LdapSearch, signal?: AbortSignal): Promise<readonly LdapEntry[]>
  /**
   * Whether the directory accepts this password of this entry (simple bind). An empty password
   * is never accepted: a directory would take it as a wish to be anonymous (RFC 4513 §5.1.2).
   * @throws DriverError when it cannot say
   */
  verify(dn: string, password: string, signal?: AbortSignal): Promise<boolean>
}

interface Session {
  readonly client: Client
  drop(): void
}

const ENTRIES_MAX = 2

/** Opens connections to an LDAP server in the background. */
export function openLdap(settings: LdapSettings): LdapDriver {
  const searching = new ConnectionPool(kindFor(settings, settings.username), settings)
  // A bind changes who a connection is: these are used for nothing else. Made when first needed.
  let binding: ConnectionPool<Session> | undefined
  const { close } = searching
  return Object.assign(searching, {
    search: (search: LdapSearch, signal?: AbortSignal) =>
      searching.use(({ client }) => find(client, search), [], signal),
    verify: (dn: string, password: string, signal?: AbortSignal) => {
      if (password === '') return Promise.resolve(false)
      binding ??= new ConnectionPool(kindFor(settings, ''), settings)
      return binding.use(({ client }) => accepts(client, dn, password), [password], signal)
    },
    close: async () => {
      await Promise.all([close.call(searching), binding?.close()])
    },
  })
}

function kindFor(settings: LdapSettings, username: string): ConnectionKind<Session> {
  const { server } = settings
  return {
    title: `LDAP ${server.host}:${server.port}`,
    secrets: [settings.password],
    usesMax: 1,
    isSelfHealing: false,
    isCheckConclusive: true,
    open: (signal, lost) => open(settings, username, signal, lost),
    check: async ({ client }) => {
      await client.search('', { scope: 'base', filter: '(objectClass=*)', attributes: ['1.1'] })
    },
    drop: (session) => session.drop(),
    explain,
  }
}

async function open(
  settings: LdapSettings,
  username: string,
  signal: AbortSignal,
  lost: () => void,
): Promise<Session> {
  const { Client: LdapClient } = await import('ldapts')
  const { server, tls } = settings
  let stream: Socket | undefined
  const created = <T extends Socket>(fresh: T): T => {
    if (stream !== undefined) fresh.destroy() // It connects anew by itself: that is for the pool.
    stream ??= fresh
    fresh.once('close', lost)
    return fresh
  }
  const options: ClientOptions = {
    url: `${tls === undefined ? 'ldap' : 'ldaps'}://${urlHost(server.host)}:${server.port}`,
    strictDN: false,
    ...(tls !== undefined && { tlsOptions: tls }),
    createConnection: ((port: number, host: string) =>
      created(connect(port, host))) as unknown as typeof connect,
    createSecureConnection: ((port: number, host: string) =>
      created(
        connectTls({ ...defaultServername(host), ...tls, port, host }),
      )) as unknown as typeof connectTls,
  }
  const client = new LdapClient(options)
  const drop = () => void stream?.destroy()
  signal.addEventListener('abort', drop)
  try {
    await client.bind(username, username === '' ? '' : settings.password)
  } catch (error) {
    drop()
    throw error
  }
  return { client, drop }
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function defaultServername(host: string): { servername?: string } {
  return /^[\d.]+$|:/.test(host) ? {} : { servername: host }
}

async function find(client: Client, search: LdapSearch): Promise<readonly LdapEntry[]> {
  const { InvalidDNSyntaxError, NoSuchObjectError, SizeLimitExceededError } = await import('ldapts')
  try {
    const { searchEntries } = await client.search(search.baseDn, {
      scope: 'sub',
      filter: search.filter,
      attributes: [...search.attributes],
      sizeLimit: ENTRIES_MAX,
    })
    return searchEntries.map(readEntry)
  } catch (error) {
    if (error instanceof NoSuchObjectError) return []
    if (error instanceof InvalidDNSyntaxError) return [] // Of a name that no entry can have.
    if (error instanceof SizeLimitExceededError) {
      throw new DriverError('fatal', 'more than one entry matches. Make `filter` more exact')
    }
    throw error
  }
}

function readEntry({ dn, ...attributes }: Entry): LdapEntry {
  const lists = Object.entries(attributes).map(([name, value]) => {
    const values = Array.isArray(value) ? value : [value]
    return [name.toLowerCase(), values.map(String)] as const
  })
  return { dn, attributes: new Map(lists) }
}

async function accepts(client: Client, dn: string, password: string): Promise<boolean> {
  try {
    await client.bind(dn, password)
    return true
  } catch (error) {
    if (REFUSED_RESULTS.has(readLibraryError(error).code)) return false
    throw error
  }
}

/**
 * Result codes of a bind that is refused because of the entry or the password: constraint (locked
 * out), no such entry, no name, no password there, wrong password, rights, unwilling (locked out).
 * They are no failure of the directory, or clients could make it look broken.
 */
const REFUSED_RESULTS: ReadonlySet<string> = new Set(['19', '32', '34', '48', '49', '50', '53'])
/** Result codes (RFC 4511 §4.1.9) that later may not meet again: busy, unavailable, time limit. */
const RETRYABLE_RESULTS: ReadonlySet<string> = new Set(['3', '51', '52', '53'])
/** The login is refused: method, stronger one or encryption needed, credentials, rights. */
const CREDENTIALS_RESULTS: ReadonlySet<string> = new Set(['7', '8', '13', '48', '49', '50'])

function explain(error: unknown): DriverError {
  const { code, name, message } = readLibraryError(error)
  const network = explainNetworkError(error)
  if (network !== undefined) return network
  if (CREDENTIALS_RESULTS.has(code)) {
    const text = `the login is refused (${name}). Check username and password`
    return new DriverError('credentials', text, true)
  }
  if (RETRYABLE_RESULTS.has(code)) {
    return new DriverError('retryable', `${name}: ${message}`, code !== '3')
  }
  if (code !== '') return new DriverError('fatal', `${name}: ${message}`)
  if (/filter|parenthes/i.test(message)) return new DriverError('fatal', message)
  return new DriverError('retryable', `the connection failed (${message})`, true)
}
