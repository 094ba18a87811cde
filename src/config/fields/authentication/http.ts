/** `password_based:http`. */
import { object } from '../../field.ts'
import { httpConnection } from '../backends/http.ts'
import { authenticatorKeys } from './common.ts'

export const httpAuthentication = object(
  {
    ...authenticatorKeys('password_based', 'http'),
    ...httpConnection('5s'),
  },
  { text: 'A server that is asked by HTTP.' },
)
