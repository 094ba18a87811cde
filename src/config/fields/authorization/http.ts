/** `authorization.sources`: a server that is asked. */
import { object, oneOf } from '../../field.ts'
import { httpConnection } from '../backends/http.ts'
import { sourceEnable } from './source-enable.ts'
import { checkSourceTemplate } from './template-check.ts'

const BODY = { username: '${username}', topic: '${topic}', action: '${action}' }

export const httpSource = object(
  {
    type: oneOf(['http'], { text: 'A server decides.', required: true }),
    enable: sourceEnable,
    ...httpConnection('30s', checkSourceTemplate, BODY),
  },
  { text: 'A server that is asked by HTTP about each topic.' },
)
