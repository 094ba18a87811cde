import { Command } from 'commander'
import { makeAdminGroups } from './admin-groups.ts'
import { makeClientGroups } from './client-groups.ts'
import { makeConfGroup } from './conf-group.ts'
import { makeDataGroup } from './data-group.ts'
import { makeLogGroup } from './log-group.ts'
import { makeNodeGroups } from './node-groups.ts'
import { makeOperateGroups } from './operate-groups.ts'

/** `tideway ctl <group> <command>`: a node that runs, over its REST API. */
export function makeCtlCommand(): Command {
  const ctl = new Command('ctl')
    .description('Show and change what runs, as `emqx ctl` does')
    .enablePositionalOptions()
  const groups = [
    ...makeNodeGroups(),
    ...makeClientGroups(),
    ...makeOperateGroups(),
    ...makeAdminGroups(),
    makeLogGroup(),
    makeConfGroup(),
    makeDataGroup(),
  ]
  for (const group of groups) ctl.addCommand(group)
  return ctl
}
