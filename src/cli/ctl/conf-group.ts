import type { getConfigs, resetConfig } from '#management/contract/configs.ts'
import type { Command } from 'commander'
import { applyFile, showChanges, showConfig } from '../config/config-command.ts'
import { makeGroup, restCommand } from '../rest/rest-command.ts'

/** `conf`: the configuration under the names of `emqx ctl conf`; `tideway config` does more. */
export function makeConfGroup(): Command {
  return makeGroup('conf', 'The configuration; see `tideway config` as well', [
    showConfig,
    restCommand({
      usage: 'show_keys',
      text: 'The roots of the configuration',
      run: async (client) =>
        Object.keys(await client.call<typeof getConfigs>('GET', '/configs', {})),
      show: (keys) => console.log(keys.join('\n')),
    }),
    {
      ...applyFile,
      usage: 'load <file>',
      options: [
        ['--merge', 'keep what was changed of its roots before (this is usual)'],
        ['--replace', 'forget what was changed of its roots before'],
      ],
    },
    restCommand({
      usage: 'remove <key>',
      text: 'Forget what was changed at run time of a key: the files hold again',
      run: (client, [key = '']) => {
        const [root = ''] = key.split('.')
        const query = key === root ? {} : { conf_path: key }
        const path = '/configs_reset/{root}'
        return client.call<typeof resetConfig>('POST', path, { params: { root }, query })
      },
      show: showChanges,
    }),
  ])
}
