import { readFileSync } from 'node:fs'
import { fileSource } from '#config/fields/authorization/file.ts'
import { defineAuthorizer } from '#plugin/define-authorizer.ts'
import { parseAclFile } from './acl-file.ts'
import { TermError } from './erlang-terms.ts'
import { decideByRules, type Rule } from './rule.ts'

/** A file of rules that cannot be used: which one, where, and why. */
export class AclFileError extends Error {
  override readonly name = 'AclFileError'
}

/** `type = file`: the rules of `acl.conf`. The first one that fits decides. */
export const fileAuthorizer = defineAuthorizer({
  type: 'file',
  fields: [fileSource],
  check: ({ path }) => void parse(path, read(path)),
  create({ path }) {
    let text = read(path)
    let rules = parse(path, text)
    return {
      authorize: (request) => decideByRules(rules, request),
      status: () => ({ status: 'connected' }),
      reload() {
        const fresh = read(path)
        if (fresh === text) return false
        rules = parse(path, fresh)
        text = fresh
        return true
      },
      close() {},
    }
  },
})

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = (error as { code?: string }).code ?? String(error)
    const remedy = code === 'ENOENT' ? 'it does not exist' : code
    throw new AclFileError(`the file with rules ${path} cannot be read: ${remedy}`)
  }
}

function parse(path: string, text: string): readonly Rule[] {
  try {
    return parseAclFile(text)
  } catch (error) {
    if (error instanceof TermError) throw new AclFileError(`${path}:${error.message}`)
    throw error
  }
}
