/** Bans: who is not let in, until when, and why. */
import { Type } from 'typebox'
import { closed, mqttText, oneOf, pageOf, pageQuery, Timestamp } from './common.ts'
import { empty, operation } from './operation.ts'

const tag = 'Banned'
export const BAN_KIND_NAMES = [
  'clientid',
  'username',
  'peerhost',
  'clientid_re',
  'username_re',
  'peerhost_net',
] as const
const Kind = oneOf(BAN_KIND_NAMES)
const Time = Type.Union([
  Type.Integer({ minimum: 0, description: 'Seconds since 1970.' }),
  Type.String({ maxLength: 64, description: 'RFC 3339.' }),
])

const ban = {
  as: Kind,
  who: Type.String(),
  by: Type.String(),
  reason: Type.String(),
  at: Timestamp,
  until: Type.String({ description: 'RFC 3339, or `infinity`.' }),
}
const Ban = Type.Object(ban)

export const listBans = operation({
  id: 'listBans',
  method: 'GET',
  path: '/banned',
  tag,
  summary: 'Bans that hold. One condition at a time.',
  permission: 'read',
  query: Type.Object({
    ...pageQuery,
    clientid: Type.Optional(mqttText('This client.')),
    username: Type.Optional(mqttText('This user.')),
    peerhost: Type.Optional(mqttText('This address.')),
    like_clientid: Type.Optional(mqttText('Part of the client id.')),
    like_username: Type.Optional(mqttText('Part of the user name.')),
    like_peerhost: Type.Optional(mqttText('Part of the address.')),
    like_peerhost_net: Type.Optional(mqttText('Part of the network.')),
  }),
  replies: { 200: pageOf(Ban) },
})

export const createBan = operation({
  id: 'createBan',
  method: 'POST',
  path: '/banned',
  tag,
  summary: 'Ban a client, a user, an address, a pattern or a network; who is connected is closed.',
  permission: 'write',
  body: closed({
    as: Kind,
    who: mqttText('The text, pattern, address or network.'),
    by: Type.Optional(Type.String({ maxLength: 1000 })),
    reason: Type.Optional(Type.String({ maxLength: 1000 })),
    at: Type.Optional(Time),
    until: Type.Optional(Time),
  }),
  replies: { 200: Type.Object({ ...ban, data: Type.Array(Ban) }) },
  errors: [413],
})

export const clearBans = operation({
  id: 'clearBans',
  method: 'DELETE',
  path: '/banned',
  tag,
  summary: 'Lift all bans.',
  permission: 'write',
  replies: { 204: empty('Lifted.') },
})

export const deleteBan = operation({
  id: 'deleteBan',
  method: 'DELETE',
  path: '/banned/{as}/{who}',
  tag,
  summary: 'Lift a ban.',
  permission: 'write',
  params: Type.Object({
    as: Type.String({ minLength: 1, maxLength: 20, description: 'What the ban is about.' }),
    who: mqttText('Whom it is about.'),
  }),
  replies: { 204: empty('Lifted.') },
  errors: [404],
})
