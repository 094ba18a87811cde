import type { BanQuery } from '#access/administration/access-administration.ts'
import { banKey } from '#access/protection/ban-table.ts'
import { type Ban, BAN_KINDS, type BanKind } from '#access/protection/ban.ts'
import { clearBans, createBan, deleteBan, listBans } from '../contract/banned.ts'
import type { ManagementContext } from '../context.ts'
import { ApiError, badRequest, notFound } from '../http/api-error.ts'
import { callerName } from '../http/caller.ts'
import { type Call, noContent, ok, type Route, route } from '../http/route.ts'
import { formatTime, parseTime } from '../time-text.ts'
import { type Listing, readPage, sortedListing } from './read-page.ts'

/** Bans looked through for one of a certain name. */
const SEARCH_MAX = 10_000

/** Who is not let in. */
export function bannedRoutes({ node }: ManagementContext): readonly Route[] {
  const { access } = node
  return [
    route(listBans, async ({ query }) => {
      const { exact, ...condition } = conditionOf(query)
      if (exact !== undefined) {
        const { items } = await access.listBans({ ...condition, skip: 0, limit: SEARCH_MAX })
        const bans = items.filter(({ who }) => who === exact)
        return readPage(query, sortedListing(bans, ['string'], keyOfBan), toBody)
      }
      const listing: Listing<Ban, ['string']> = {
        shape: ['string'],
        keyOf: keyOfBan,
        read: ({ after, skip, limit }) => {
          const start = after === undefined ? {} : { after: after[0] }
          return access.listBans({ ...condition, ...start, skip, limit })
        },
      }
      return readPage(query, listing, toBody)
    }),
    route(createBan, async ({ body, caller }) => {
      const { as, who, reason = '', by = callerName(caller), at, until = 'infinity' } = body
      const ban: Ban = {
        as,
        who,
        by,
        reason,
        atMs: at === undefined ? node.nowMs() : timeOf('body.at', at),
        untilMs: until === 'infinity' ? undefined : timeOf('body.until', until),
      }
      const made = await access.ban([ban], 'keep').catch((error: unknown) => {
        throw toRefusal(error)
      })
      if (made === 0) throw badRequest(`${as} ${who} is banned already.`, 'ALREADY_EXISTS')
      return ok({ ...toBody(ban), data: [toBody(ban)] })
    }),
    route(clearBans, async () => {
      await access.unbanAll()
      return noContent()
    }),
    route(deleteBan, async ({ params: { as, who } }) => {
      const kind = BAN_KINDS.find((one) => one === as)
      if (kind === undefined || !(await access.unban(kind, who))) {
        throw notFound(`There is no ban of ${as} ${who}.`)
      }
      return noContent()
    }),
  ]
}

function keyOfBan({ as, who }: Ban): [string] {
  return [banKey(as, who)]
}

function conditionOf(
  query: Call<typeof listBans>['query'],
): Pick<BanQuery, 'as' | 'like'> & { readonly exact?: string } {
  const exact: readonly (readonly [BanKind, string | undefined])[] = [
    ['clientid', query.clientid],
    ['username', query.username],
    ['peerhost', query.peerhost],
  ]
  for (const [as, who] of exact) if (who !== undefined) return { as, like: who, exact: who }
  const alike: readonly (readonly [BanKind, string | undefined])[] = [
    ['clientid', query.like_clientid],
    ['username', query.like_username],
    ['peerhost', query.like_peerhost],
    ['peerhost_net', query.like_peerhost_net],
  ]
  for (const [as, like] of alike) if (like !== undefined) return { as, like }
  return {}
}

function timeOf(path: string, value: string | number): number {
  if (/^\d+$/.test(String(value))) return Number(value) * 1000
  const timeMs = parseTime(String(value))
  if (timeMs !== undefined) return timeMs
  throw badRequest(`${path} must be a time of RFC 3339, or seconds since 1970.`)
}

/** Errors of other threads keep their name and code. */
function toRefusal(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'BanError') return error
  const { code } = error as { code?: unknown }
  if (code === 'EXCEED_LIMIT') return new ApiError(413, 'EXCEED_LIMIT', `${error.message}.`)
  return badRequest(`body.who: ${error.message}.`)
}

function toBody({ as, who, by, reason, atMs, untilMs }: Ban) {
  const until = untilMs === undefined ? 'infinity' : formatTime(untilMs)
  return { as, who, by, reason, at: formatTime(atMs), until }
}
