/**
 * Bans as the store keeps them.
 *
 *     key    kind 0x00 who
 *     value  record, version 1: JSON of by, reason, atMs, untilMs
 */
import { type KvStore, Table } from '#broker/ports.ts'
import { KEY_END, keyText, prefixEnd, textKey, textPart, textPartEnd } from '#kernel/binary-key.ts'
import { checkRecord, encodeRecord, recordPayload } from '#kernel/record.ts'
import { type Ban, BAN_KINDS, type BanKind } from './ban.ts'

const RECORD_VERSION = 1

/** Reads a ban; undefined when there is none, or its record is damaged. */
export function readBan(store: KvStore, kind: BanKind, who: string): Ban | undefined {
  const record = store.get(Table.BANS, banKey(kind, who))
  return record && decode(kind, who, record)
}

/** Writes a ban into the open batch. */
export function writeBan(store: KvStore, ban: Ban): void {
  const { as: kind, who, ...rest } = ban
  const payload = Buffer.from(JSON.stringify(rest))
  store.put(Table.BANS, banKey(kind, who), encodeRecord(RECORD_VERSION, payload))
}

/** Removes a ban in the open batch. */
export function removeBan(store: KvStore, kind: BanKind, who: string): void {
  store.remove(Table.BANS, banKey(kind, who))
}

/** Visits all bans, or those of one kind, until `visit` returns false. */
export function scanBans(store: KvStore, visit: (ban: Ban) => boolean, only?: BanKind): void {
  const prefix = only === undefined ? '' : textPart(only)
  const end = prefix === '' ? KEY_END : prefixEnd(prefix)
  store.scan(Table.BANS, prefix === '' ? '\0' : prefix, end, (key, record) => {
    const kindEnd = textPartEnd(key, 0)
    const kind = BAN_KINDS.find((one) => one === keyText(key, 0, kindEnd))
    const ban = kind && decode(kind, keyText(key, kindEnd + 1), record)
    return ban === undefined || visit(ban)
  })
}

/** The key of a ban: bans are listed in this order. */
export function banKey(kind: BanKind, who: string): string {
  return textPart(kind) + textKey(who)
}

/** Only what `writeBan` has written gets here. */
function decode(kind: BanKind, who: string, record: Uint8Array): Ban | undefined {
  if (checkRecord(record) !== RECORD_VERSION) return undefined
  const rest = JSON.parse(Buffer.from(recordPayload(record)).toString('utf8')) as Omit<
    Ban,
    'as' | 'who'
  >
  return { as: kind, who, ...rest, untilMs: rest.untilMs }
}
