import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseAclFile } from '#access/authorization/acl-file.ts'
import type { Plain } from '#config/hocon/value.ts'
import { badRequest } from '../http/api-error.ts'
import type { NodePort } from '../node-port.ts'
import { type PlainItem, textOf } from './config-list.ts'

/** The text of a source of type `file`: shown with it, and kept in the data directory. */
export class AclStore {
  readonly #path: string

  constructor(dataDir: string) {
    this.#path = join(dataDir, 'authz', 'acl.conf')
  }

  /** A source as the REST API gives it. */
  shown(item: PlainItem): PlainItem {
    const { type, path } = item
    if (type !== 'file' || typeof path !== 'string' || !existsSync(path)) return item
    const rules = readFileSync(path, 'utf8')
    // The path may name any file: what is shown are rules, and nothing else.
    return isAcl(rules) ? { ...item, rules } : item
  }

  /**
   * Has a source used that a request has brought. The text of its rules, if there is one, is
   * written first, and taken back when the source cannot be used.
   * @throws ApiError 400 when the rules are not well-formed
   */
  async taking(
    body: Readonly<Record<string, unknown>>,
    node: NodePort,
    use: (item: PlainItem) => Promise<void>,
  ): Promise<void> {
    const { rules, ...item } = body as { readonly [key: string]: Plain } // Came as JSON.
    if (rules === undefined) return use(item)
    if (item['type'] !== 'file') throw badRequest('body.rules: only a source of type file has it.')
    const text = textOf(rules)
    check(text)
    const before = existsSync(this.#path) ? readFileSync(this.#path, 'utf8') : undefined
    this.#write(text)
    try {
      await use({ ...item, path: this.#path })
      // Where only the text is another one, the configuration is the same.
      await node.reload()
    } catch (error) {
      if (before === undefined) rmSync(this.#path, { force: true })
      else this.#write(before)
      throw error
    }
  }

  #write(text: string): void {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
    writeFileSync(`${this.#path}.new`, text, { mode: 0o600, flush: true })
    renameSync(`${this.#path}.new`, this.#path)
  }
}

function isAcl(text: string): boolean {
  try {
    parseAclFile(text)
    return true
  } catch {
    return false
  }
}

function check(text: string): void {
  try {
    parseAclFile(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw badRequest(`body.rules: ${reason}.`)
  }
}
