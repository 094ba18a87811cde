import { int, object, oneOf } from '../../field.ts'
import { sourceEnable } from './source-enable.ts'

/** `authorization.sources`: rules in the store of the node. */
export const builtInDatabaseSource = object(
  {
    type: oneOf(['built_in_database'], { text: 'Rules in the store of the node.', required: true }),
    enable: sourceEnable,
    max_rules: int({
      text: 'Rules that one client, one user, or everybody may have.',
      unit: 'rules',
      min: 1,
      max: 10_000,
      default: 100,
    }),
  },
  { text: 'Rules in the store of the node, by client identifier, by user name, and for all.' },
)
