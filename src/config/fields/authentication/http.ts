/** `password_based:http`. */
import { object } from '../../field.ts'
import { httpConnection } from '../backends/http.ts'
import { authenticatorKeys } from './common.ts'
import { checkTemplate } from './template-check.ts'

const BODY = { clientid: '${clientid}', username: '${username}', password: '${password}' }

export const httpAuthentication = object(
  {
    ...authenticatorKeys('password_based', 'http'),
    ...httpConnection('5s', checkTemplate, BODY),
  },
  { text: 'A server that is asked by HTTP.' },
)
