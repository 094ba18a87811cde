/** Files whose text an export of EMQX has in its configuration, in place of their paths. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Plain } from '#config/hocon/value.ts'
import { isGroup, type Written } from '../written.ts'

/** Keys that name a file, and have text of PEM in an export. */
const PEM_KEYS: ReadonlySet<string> = new Set([
  'cacertfile',
  'certfile',
  'crlfile',
  'dhfile',
  'issuer_pem',
  'keyfile',
])
const PEM = '-----BEGIN '
const NAME_DIGITS = 16
const ACL_FILE = 'authz/acl.conf'

/** A configuration that names files again, and what is in them. */
export interface FiledConfig {
  readonly config: Written
  readonly files: ReadonlyMap<string, Buffer>
}

/**
 * Makes files of the texts.
 * @param dataDir where the paths of the files begin
 */
export function fileTexts(config: Written, dataDir: string): FiledConfig {
  const files = new Map<string, Buffer>()
  const keep = (name: string, text: string): string => {
    files.set(name, Buffer.from(text))
    return join(dataDir, name)
  }
  const fileOf = (key: string, value: Plain): Plain => {
    if (typeof value !== 'string') return walk(value)
    if (!PEM_KEYS.has(key) || !value.includes(PEM)) return value
    const digest = createHash('sha256').update(value).digest('hex').slice(0, NAME_DIGITS)
    return keep(`certs/${key}-${digest}.pem`, value)
  }
  const walk = (value: Plain): Plain => {
    if (Array.isArray(value)) return value.map(walk)
    return isGroup(value) ? walkGroup(value) : value
  }
  const walkGroup = (group: Written): Written => {
    const { rules, ...others } = group
    const isAclFile = group['type'] === 'file' && typeof rules === 'string'
    const kept: Written = isAclFile ? { ...others, path: keep(ACL_FILE, rules) } : group
    return Object.fromEntries(Object.entries(kept).map(([key, value]) => [key, fileOf(key, value)]))
  }
  return { config: walkGroup(config), files }
}
