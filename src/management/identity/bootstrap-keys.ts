import type { ApiKey, ApiKeyChange, ApiKeys, KeyRole } from './api-keys.ts'

const ROLES: readonly string[] = ['administrator', 'viewer', 'publisher']
const NAME_PREFIX = 'from_bootstrap_file_'

/**
 * Makes the keys of a file with lines of `key:secret` or `key:secret:role`. Those that are there
 * get secret and role of the file; what an administrator has set else stays, so that a key that was
 * switched off is not on again after a restart.
 * @throws an Error that names the line, for a line that is neither
 */
export function applyBootstrapKeys(keys: ApiKeys, text: string): void {
  const lines = text.split(/\r?\n/).map((line, index) => ({ line: line.trim(), number: index + 1 }))
  const wanted = lines
    .filter(({ line }) => line !== '' && !line.startsWith('#'))
    .map(({ line, number }) => {
      const [key = '', secret = '', role = 'administrator', ...rest] = line.split(':')
      if (key === '' || secret === '' || rest.length > 0 || !ROLES.includes(role)) {
        throw new Error(
          `api_key.bootstrap_file, line ${number}: write key:secret, or key:secret:role with ` +
            `one of the roles ${ROLES.join(', ')}`,
        )
      }
      return { key, secret, role: role as KeyRole } // One of them: just checked.
    })
  for (const { key, secret, role } of wanted) {
    const before = keys.list().find((held) => held.key === key)
    const { name, description, enable, scopes, expiresAtMs } = before ?? freshKey(key)
    keys.remove(name)
    keys.create(name, { role, description, enable, scopes, expiresAtMs }, { key, secret })
  }
}

function freshKey(key: string): Pick<ApiKey, 'name'> & Required<Omit<ApiKeyChange, 'role'>> {
  return {
    name: NAME_PREFIX + key,
    description: 'from api_key.bootstrap_file',
    enable: true,
    scopes: [],
    expiresAtMs: Number.POSITIVE_INFINITY,
  }
}
