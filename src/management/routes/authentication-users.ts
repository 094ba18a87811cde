import type { ShownUser } from '#access/authentication/users/user-directory.ts'
import type { UserFileType } from '#access/authentication/users/parse-users.ts'
import type { globalChain } from '../contract/authentication.ts'
import type { UploadedFile } from '../contract/operation.ts'
import type { ManagementContext } from '../context.ts'
import { badRequest, conflict, notFound } from '../http/api-error.ts'
import { noContent, ok, reply, type Route, route } from '../http/route.ts'
import type { UserOwner } from '../node-port.ts'
import { type ChainParams, chainOf, findUserOwner, requireItem } from './configured-chain.ts'
import { type Listing, readPage } from './read-page.ts'

type Params = ChainParams & { readonly id: string }

/** Users in the built-in database of one authenticator. */
export function authenticationUserRoutes(
  context: ManagementContext,
  operations: typeof globalChain,
): readonly Route[] {
  const users = context.node.authenticationUsers
  return [
    route(operations.listUsers, ({ params, query }) => {
      const { like_user_id: like, is_superuser: isSuperuser } = query
      const owner = ownerOf(context, params)
      const listing: Listing<ShownUser, ['string']> = {
        shape: ['string'],
        keyOf: ({ userId }) => [userId],
        read: ({ after, skip, limit }) =>
          users.list(owner, {
            skip,
            limit,
            ...(after !== undefined && { after: after[0] }),
            ...(like !== undefined && { like }),
            ...(isSuperuser !== undefined && { isSuperuser }),
          }),
      }
      return readPage(query, listing, toBody)
    }),
    route(operations.createUser, async ({ params, body }) => {
      const owner = ownerOf(context, params)
      const { user_id: userId, password, is_superuser: isSuperuser = false } = body
      if (users.get(owner, userId) !== undefined) {
        throw conflict(`There is a user ${userId} already.`, 'ALREADY_EXISTS')
      }
      await users.set(owner, { userId, password, isSuperuser })
      return reply(201, { user_id: userId, is_superuser: isSuperuser })
    }),
    route(operations.getUser, ({ params }) => {
      const user = users.get(ownerOf(context, params), params.user_id)
      if (user === undefined) throw noUser(params.user_id)
      return ok(toBody(user))
    }),
    route(operations.updateUser, async ({ params, body }) => {
      const owner = ownerOf(context, params)
      const { user_id: userId } = params
      const { password, is_superuser: isSuperuser = false } = body
      if (users.get(owner, userId) === undefined) throw noUser(userId)
      await users.set(owner, { userId, password, isSuperuser })
      return ok({ user_id: userId, is_superuser: isSuperuser })
    }),
    route(operations.deleteUser, async ({ params }) => {
      const isRemoved = await users.remove(ownerOf(context, params), params.user_id)
      if (!isRemoved) throw noUser(params.user_id)
      return noContent()
    }),
    route(operations.importUsers, async ({ params, query: { type = 'hash' }, body }) => {
      await importFile(context, ownerOf(context, params), body, type)
      return noContent()
    }),
  ]
}

async function importFile(
  { node }: ManagementContext,
  owner: UserOwner,
  file: UploadedFile,
  type: UserFileType,
): Promise<void> {
  const text = new TextDecoder().decode(file.bytes)
  // The name decides; a body without one is JSON or CSV as it begins.
  const isJson = file.name.endsWith('.json') || (file.name === '' && /^\s*\[/.test(text))
  try {
    await node.authenticationUsers.importUsers(owner, { text, form: isJson ? 'json' : 'csv', type })
  } catch (error) {
    if (error instanceof Error && error.name === 'UserFileError') {
      throw badRequest(`body: ${error.message}.`)
    }
    throw error
  }
}

/** Throws ApiError 404 without such an authenticator, 400 when it has no users here. */
function ownerOf(context: ManagementContext, params: Params): UserOwner {
  const chain = chainOf(context, params)
  requireItem(context, chain, params.id)
  const owner = findUserOwner(context, chain, params.id)
  if (owner === undefined) {
    throw badRequest(`The users of ${params.id} are in another system: change them there.`)
  }
  return owner
}

function noUser(userId: string) {
  return notFound(`There is no user ${userId}.`)
}

function toBody({ userId, isSuperuser }: { userId: string; isSuperuser: boolean }) {
  return { user_id: userId, is_superuser: isSuperuser }
}
