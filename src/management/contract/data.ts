/** Backups of a node: configuration, tables and files in one archive. */
import { Type } from 'typebox'
import { closed, oneOf, pageOf, pageQuery, pathText, Timestamp } from './common.ts'
import { empty, file, operation } from './operation.ts'

/** Tables of a backup. */
export const TABLE_SETS = [
  'dashboard_users',
  'api_keys',
  'builtin_authn',
  'builtin_authz',
  'banned',
  'builtin_retainer',
  'delayed',
  'topic_metrics',
] as const
export type TableSetName = (typeof TABLE_SETS)[number]
/** Whoever has these can become anybody: API keys, which may not use their paths, cannot. */
export const IDENTITY_TABLES: readonly TableSetName[] = ['dashboard_users', 'api_keys']

/** Bytes that an uploaded backup may have. */
export const BACKUP_BYTES_MAX = 256 * 1024 * 1024
const TAG = 'Data Backup'
const Filename = pathText('filename', 'Name of a backup, ending with `.tar.gz`.')

const BackupInfo = Type.Object({
  filename: Type.String(),
  node: Type.String(),
  created_at: Timestamp,
  created_at_sec: Type.Integer({ description: 'Seconds since 1970.' }),
  size: Type.Integer({ description: 'Bytes.' }),
})

export const exportData = operation({
  id: 'exportData',
  method: 'POST',
  path: '/data/export',
  tag: TAG,
  summary:
    'Make a backup of what was configured at run time, users, keys, rules, bans, retained and ' +
    'delayed messages, topics of metrics, certificates and `acl.conf`.',
  permission: 'write',
  body: Type.Union([
    closed({
      root_keys: Type.Optional(Type.Array(Type.String(), { description: 'Without it all.' })),
      table_sets: Type.Optional(
        Type.Array(oneOf(TABLE_SETS), {
          description: 'Without it all that the caller may have, an API key no users and keys.',
        }),
      ),
      files: Type.Optional(
        Type.Boolean({
          description: 'Certificates with their keys and `acl.conf`; usual without `root_keys`.',
        }),
      ),
    }),
    // No body at all.
    Type.Null(),
  ]),
  replies: {
    200: Type.Object({
      ...BackupInfo.properties,
      notice: Type.String({ description: 'What can be read in it by whoever has the file.' }),
    }),
  },
})

export const importData = operation({
  id: 'importData',
  method: 'POST',
  path: '/data/import',
  tag: TAG,
  summary:
    'Take over a backup, of Tideway or of EMQX 5. What has the same name is replaced, everything ' +
    'else stays.',
  permission: 'write',
  body: closed({
    filename: Type.String({ minLength: 1 }),
    node: Type.Optional(Type.String()),
  }),
  replies: {
    200: Type.Object({
      warnings: Type.Array(Type.String(), { description: 'What was not taken over, and why.' }),
    }),
    204: empty('All of it was taken over.'),
  },
  errors: [404],
})

export const listBackups = operation({
  id: 'listBackups',
  method: 'GET',
  path: '/data/files',
  tag: TAG,
  summary: 'Backups on the disk of the node, the latest first.',
  permission: 'write',
  query: Type.Object(pageQuery),
  replies: { 200: pageOf(BackupInfo) },
})

export const uploadBackup = operation({
  id: 'uploadBackup',
  method: 'POST',
  path: '/data/files',
  tag: TAG,
  summary: 'Bring a backup.',
  permission: 'write',
  body: Type.Object({ filename: Type.Unsafe<unknown>({ type: 'string', format: 'binary' }) }),
  bodyType: 'multipart/form-data',
  bodyBytesMax: BACKUP_BYTES_MAX,
  replies: { 204: empty('It is there.') },
  errors: [413],
})

export const downloadBackup = operation({
  id: 'downloadBackup',
  method: 'GET',
  path: '/data/files/{filename}',
  tag: TAG,
  summary: 'A backup.',
  permission: 'write',
  audited: true,
  params: Filename,
  query: Type.Object({ node: Type.Optional(Type.String()) }),
  replies: { 200: file('An archive.', 'application/octet-stream') },
  errors: [404],
})

export const deleteBackup = operation({
  id: 'deleteBackup',
  method: 'DELETE',
  path: '/data/files/{filename}',
  tag: TAG,
  summary: 'Remove a backup.',
  permission: 'write',
  params: Filename,
  query: Type.Object({ node: Type.Optional(Type.String()) }),
  replies: { 204: empty('Removed.') },
  errors: [404],
})
