/** `password_based:ldap`. */
import { object, oneOf, string, variant } from '../../field.ts'
import { ldapConnection } from '../backends/ldap.ts'
import { authenticatorKeys } from './common.ts'
import { checkTemplate } from './template-check.ts'

const superuser = string({
  text: 'Attribute that says whether the client is a superuser.',
  default: 'isSuperuser',
})

const hash = object(
  {
    type: oneOf(['hash'], {
      text: 'The password is compared here with the one that the entry holds (RFC 2307).',
      default: 'hash',
    }),
    password_attribute: string({
      text: 'Attribute that holds the password.',
      default: 'userPassword',
    }),
    is_superuser_attribute: superuser,
  },
  { text: 'The directory gives the stored password away.' },
)

const bind = object(
  {
    type: oneOf(['bind'], { text: 'The directory compares the password.', required: true }),
    bind_password: string({
      text: 'The password that the directory is given.',
      default: '${password}',
      check: checkTemplate,
    }),
    is_superuser_attribute: superuser,
  },
  { text: 'The client is logged in to the directory.' },
)

export const ldapAuthentication = object(
  {
    ...authenticatorKeys('password_based', 'ldap'),
    ...ldapConnection(checkTemplate),
    method: variant(['type'], [hash, bind], {
      text: 'Who compares the password.',
      default: { type: 'hash' },
    }),
  },
  { text: 'Entries of an LDAP directory.' },
)
