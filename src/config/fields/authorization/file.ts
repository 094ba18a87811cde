import { object, oneOf, string } from '../../field.ts'
import { sourceEnable } from './source-enable.ts'

/** `authorization.sources`: rules in a file. */
export const fileSource = object(
  {
    type: oneOf(['file'], { text: 'Rules in a file.', required: true }),
    enable: sourceEnable,
    path: string({
      text: 'File with the rules, in the grammar of `acl.conf`. Changes are read by themselves.',
      path: true,
      required: true,
      example: '${TIDEWAY_ETC_DIR}/acl.conf',
    }),
  },
  { text: 'Rules in a file: see docs/access-control.md for the grammar.' },
)
