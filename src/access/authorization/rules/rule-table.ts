/**
 * Rules of the built-in database as the store keeps them.
 *
 *     key    kind 0x00 name       kind: client, user, all; the name of `all` is empty
 *     value  record, version 1: JSON of the list of rules
 */
import { type KvStore, Table } from '#broker/ports.ts'
import { keyText, prefixEnd, textKey, textPart } from '#kernel/binary-key.ts'
import { checkRecord, encodeRecord, recordPayload } from '#kernel/record.ts'

const RECORD_VERSION = 1

/** Whom rules are about. */
export type RuleSubject =
  | { readonly kind: 'client' | 'user'; readonly name: string }
  | { readonly kind: 'all' }

/** A rule as it is stored and shown. */
export interface StoredRule {
  readonly permission: 'allow' | 'deny'
  readonly action: 'publish' | 'subscribe' | 'all'
  /** Filter with placeholders; `eq ` in front compares it as text. */
  readonly topic: string
  /** Undefined = all. */
  readonly qos?: readonly (0 | 1 | 2)[]
  /** Undefined = any. */
  readonly retain?: boolean
}

/** The rules of one subject, in their order. */
export interface SubjectRules {
  readonly subject: RuleSubject
  readonly rules: readonly StoredRule[]
}

/**
 * Reads the rules about a subject; undefined when there are none.
 * @throws when the record is damaged: nobody knows what it forbade
 */
export function readRules(store: KvStore, subject: RuleSubject): readonly StoredRule[] | undefined {
  const record = store.get(Table.RULES, subjectKey(subject))
  if (record === undefined) return undefined
  const rules = decode(record)
  if (rules === undefined) throw new Error('the record of stored rules is damaged: write them anew')
  return rules
}

/** Writes the rules about a subject into the open batch. */
export function writeRules(store: KvStore, { subject, rules }: SubjectRules): void {
  const payload = Buffer.from(JSON.stringify(rules))
  store.put(Table.RULES, subjectKey(subject), encodeRecord(RECORD_VERSION, payload))
}

/** Removes the rules about a subject in the open batch. */
export function removeRules(store: KvStore, subject: RuleSubject): void {
  store.remove(Table.RULES, subjectKey(subject))
}

/** Visits the subjects of a kind in the order of their names until `visit` returns false. */
export function scanRules(
  store: KvStore,
  kind: RuleSubject['kind'],
  visit: (entry: SubjectRules) => boolean,
): void {
  const prefix = textPart(kind)
  store.scan(Table.RULES, prefix, prefixEnd(prefix), (key, record) => {
    const rules = decode(record)
    const subject: RuleSubject =
      kind === 'all' ? { kind } : { kind, name: keyText(key, prefix.length) }
    return rules === undefined || visit({ subject, rules })
  })
}

/** The key of a subject; also names it in memory. */
export function subjectKey(subject: RuleSubject): string {
  return textPart(subject.kind) + (subject.kind === 'all' ? '' : textKey(subject.name))
}

/** Only what `writeRules` has written gets here. */
function decode(record: Uint8Array): readonly StoredRule[] | undefined {
  if (checkRecord(record) !== RECORD_VERSION) return undefined
  return JSON.parse(Buffer.from(recordPayload(record)).toString('utf8')) as readonly StoredRule[]
}
