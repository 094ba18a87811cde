import { bool } from '../../field.ts'

/** `enable` of every source. */
export const sourceEnable = bool({ text: 'Whether the source is asked.', default: true })
