/** Bans: who is not let in, until when, and why. */
import type { WireInfo } from '#broker/ports.ts'
import { makeAddressFilter, parseNetwork, plainAddress } from '#net/ip-address.ts'
import { compilePattern } from '#kernel/text-pattern.ts'

/** What of a client a ban is about; the names are those of EMQX. */
export const BAN_KINDS = [
  'clientid',
  'username',
  'peerhost',
  'peerhost_net',
  'clientid_re',
  'username_re',
] as const
export type BanKind = (typeof BAN_KINDS)[number]

/** One ban. Times in ms since the epoch. */
export interface Ban {
  readonly as: BanKind
  /** The very text, an address, a CIDR, or a regular expression, by the kind. */
  readonly who: string
  /** Who has banned. */
  readonly by: string
  readonly reason: string
  readonly atMs: number
  /** Undefined = for ever. */
  readonly untilMs: number | undefined
}

/** What a ban looks at. */
export interface BanSubject {
  readonly clientId: string
  readonly username: string | undefined
  readonly wire: Pick<WireInfo, 'peerHost'>
}

/** A ban that cannot be made: what is wrong with it. */
export class BanError extends Error {
  override readonly name = 'BanError'
  /** For callers that answer with codes. */
  readonly code: 'BAD_REQUEST' | 'EXCEED_LIMIT'

  constructor(message: string, code: BanError['code'] = 'BAD_REQUEST') {
    super(message)
    this.code = code
  }
}

const WHO_LENGTH_MAX = 65_535

/** Whether bans of this kind are found by the text itself. */
export function isExactKind(kind: BanKind): boolean {
  return kind === 'clientid' || kind === 'username' || kind === 'peerhost'
}

/** A subject as exact bans name it; undefined when it has no such name. */
export function subjectName(kind: BanKind, subject: BanSubject): string | undefined {
  switch (kind) {
    case 'clientid':
    case 'clientid_re':
      return subject.clientId
    case 'username':
    case 'username_re':
      return subject.username
    default:
      return plainAddress(subject.wire.peerHost)
  }
}

/**
 * Compiles what a ban says to a test of subjects. Its end is not looked at.
 * @throws BanError when what it says is no address, no CIDR or no regular expression
 */
export function compileBan({ as: kind, who }: Ban): (subject: BanSubject) => boolean {
  if (who === '' || who.length > WHO_LENGTH_MAX) throw new BanError('`who` is missing or too long')
  const test = compileWho(kind, who)
  return (subject) => {
    const name = subjectName(kind, subject)
    return name !== undefined && test(name)
  }
}

/**
 * Compiles many bans to one test of subjects.
 * @throws BanError, as `compileBan`
 */
export function compileBans(bans: readonly Ban[]): (subject: BanSubject) => boolean {
  const names = new Map<BanKind, Set<string>>()
  const tests: ((subject: BanSubject) => boolean)[] = []
  for (const ban of bans) {
    if (!isExactKind(ban.as)) {
      tests.push(compileBan(ban))
      continue
    }
    const known = names.get(ban.as) ?? new Set<string>()
    names.set(ban.as, known.add(ban.who))
  }
  return (subject) => {
    for (const [kind, known] of names) {
      const name = subjectName(kind, subject)
      if (name !== undefined && known.has(name)) return true
    }
    return tests.some((test) => test(subject))
  }
}

function compileWho(kind: BanKind, who: string): (name: string) => boolean {
  switch (kind) {
    case 'clientid':
    case 'username':
      return (name) => name === who
    case 'peerhost':
      if (parseNetwork(who) === undefined || who.includes('/')) {
        throw new BanError(`"${who}" is no IP address`)
      }
      return (name) => name === plainAddress(who)
    case 'peerhost_net': {
      const network = parseNetwork(who)
      if (network === undefined) throw new BanError(`"${who}" is no CIDR such as 10.0.0.0/8`)
      return makeAddressFilter([{ permission: 'allow', ...network }])
    }
    case 'clientid_re':
    case 'username_re':
      return patternTest(who)
  }
}

function patternTest(text: string): (name: string) => boolean {
  try {
    const compiled = compilePattern(text)
    return (tested) => compiled.test(tested)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new BanError(`"${text}" is no regular expression: ${reason}`)
  }
}
