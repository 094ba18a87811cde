import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { exportData, importData, listBackups } from '#management/contract/data.ts'
import type { Command } from 'commander'
import { makeGroup, restCommand } from '../rest/rest-command.ts'
import type { RestClient } from '../rest/rest-client.ts'
import { showTable } from '../rest/show.ts'

/** `data`: backups. */
export function makeDataGroup(): Command {
  return makeGroup('data', 'Backups: configuration, users, rules, bans, retained messages', [
    restCommand({
      usage: 'export [file]',
      text: 'Make a backup, and bring it here when a file is named',
      options: [
        ['--root-keys <roots>', 'only these roots of the configuration, with commas'],
        ['--table-sets <tables>', 'only these tables, with commas'],
        ['--no-files', 'without certificates, their keys and acl.conf'],
      ],
      run: async (client, [file], { rootKeys, tableSets, files }) => {
        const body = {
          ...(files === false && { files }),
          ...(typeof rootKeys === 'string' && { root_keys: rootKeys.split(',') }),
          // The API refuses names that it does not know.
          ...(typeof tableSets === 'string' && { table_sets: tableSets.split(',') as [] }),
        }
        const made = await client.call<typeof exportData>('POST', '/data/export', { body })
        if (file !== undefined) await download(client, made.filename, file)
        return { ...made, ...(file !== undefined && { file }) }
      },
      show: ({ filename, file, notice }) => {
        console.log(file ?? filename)
        console.error(notice)
      },
    }),
    restCommand({
      usage: 'import <file>',
      text: 'Take over a backup, of a file here or of one that the node has',
      run: async (client, [file = '']) => {
        const filename = await upload(client, file)
        const body = { filename }
        const answer = await client.call<typeof importData>('POST', '/data/import', { body })
        return typeof answer === 'object' ? answer : { warnings: [] }
      },
      show: ({ warnings }) => {
        for (const warning of warnings) console.error(`not imported: ${warning}`)
        console.log('imported')
      },
    }),
    restCommand({
      usage: 'list',
      text: 'Backups that the node has',
      run: async (client) => (await client.call<typeof listBackups>('GET', '/data/files', {})).data,
      show: (rows) => showTable(rows, ['filename', 'size', 'created_at']),
    }),
  ])
}

async function download(client: RestClient, name: string, file: string): Promise<void> {
  const response = await client.send('GET', `/data/files/${encodeURIComponent(name)}`)
  writeFileSync(file, Buffer.from(await response.arrayBuffer()), { mode: 0o600 })
}

/** The name of the backup at the node. */
async function upload(client: RestClient, file: string): Promise<string> {
  const known = await client.call<typeof listBackups>('GET', '/data/files', {})
  if (known.data.some(({ filename }) => filename === file)) return file
  const form = new FormData()
  form.append('filename', new Blob([readFileSync(file)]), basename(file))
  await client.send('POST', '/data/files', form)
  return basename(file)
}
