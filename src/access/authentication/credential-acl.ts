/** Rules that come with credentials: the `acl` of a token or of an answer. */
import type { ClientAcl, ClientAclRule } from '#broker/ports.ts'

/** Rules that one client may bring. */
export const CREDENTIAL_RULES_MAX = 1_000

/** An `acl` that is not understood. It is not applied in part: a rule that forbids may be lost. */
export class CredentialAclError extends Error {
  override readonly name = 'CredentialAclError'
}

/**
 * Reads either form that EMQX has:
 *
 * - a list of `{permission, action, topic, qos, retain}`: the first that matches decides, and when
 *   none does the sources of authorization are asked
 * - `{pub: [...], sub: [...], all: [...]}`, filters that are allowed; everything else is not
 * @throws CredentialAclError
 */
export function parseCredentialAcl(value: unknown): ClientAcl {
  if (Array.isArray(value)) return { rules: limited(value.map(parseRule)), otherwise: 'pass' }
  const groups = recordOf(value)
  const rules = Object.entries(groups).flatMap(([name, filters]) => {
    const action = ACTIONS_BY_GROUP.get(name)
    if (action === undefined) throw new CredentialAclError(`the acl has no group ${name}`)
    const topics = typeof filters === 'string' ? [filters] : listOf(filters)
    return topics.map((topic) => ({ permission: 'allow', action, topic: textOf(topic) }) as const)
  })
  return { rules: limited(rules), otherwise: 'deny' }
}

const ACTIONS_BY_GROUP: ReadonlyMap<string, ClientAclRule['action']> = new Map([
  ['pub', 'publish'],
  ['sub', 'subscribe'],
  ['all', 'all'],
])
const RULE_KEYS: ReadonlySet<string> = new Set(['permission', 'action', 'topic', 'qos', 'retain'])

function limited(rules: readonly ClientAclRule[]): readonly ClientAclRule[] {
  if (rules.length <= CREDENTIAL_RULES_MAX) return rules
  throw new CredentialAclError(`the acl has more than ${CREDENTIAL_RULES_MAX} rules`)
}

function parseRule(value: unknown): ClientAclRule {
  const rule = recordOf(value)
  const unknown = Object.keys(rule).find((key) => !RULE_KEYS.has(key))
  if (unknown !== undefined) throw new CredentialAclError(`a rule has the unknown key ${unknown}`)
  const { permission, action, topic, qos, retain } = rule
  if (permission !== 'allow' && permission !== 'deny') {
    throw new CredentialAclError('`permission` of a rule is neither allow nor deny')
  }
  if (action !== 'publish' && action !== 'subscribe' && action !== 'all') {
    throw new CredentialAclError('`action` of a rule is none of publish, subscribe, all')
  }
  const isRetained = retainOf(retain)
  return {
    permission,
    action,
    topic: textOf(topic),
    ...(qos === undefined ? {} : { qos: qosOf(qos) }),
    ...(isRetained === undefined ? {} : { retain: isRetained }),
  }
}

function qosOf(value: unknown): readonly number[] {
  const items =
    typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [value]
  return items.map((item: unknown) => {
    const qos = typeof item === 'string' ? Number(item.trim() || NaN) : item
    if (qos === 0 || qos === 1 || qos === 2) return qos
    throw new CredentialAclError('`qos` of a rule is neither 0, 1 nor 2')
  })
}

function retainOf(value: unknown): boolean | undefined {
  switch (value) {
    case undefined:
    case null:
    case 'all':
      return undefined
    case true:
    case 1:
    case '1':
    case 'true':
      return true
    case false:
    case 0:
    case '0':
    case 'false':
      return false
    default:
      throw new CredentialAclError('`retain` of a rule is neither true, false nor all')
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new CredentialAclError('the acl is neither a list of rules nor lists of filters')
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new CredentialAclError('the acl has something else than a list of filters')
}

function textOf(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new CredentialAclError('a topic of the acl is not text')
}
