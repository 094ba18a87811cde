import { defineTexts } from '../i18n/i18n.ts'

export const SSO_TEXTS = defineTexts(
  'sign-in-sso',
  {
    or: 'or',
    withOidc: 'Sign in with OpenID Connect',
    withLdap: 'Sign in with LDAP',
    withPassword: 'Sign in with a password of this broker',
  },
  {
    or: '或',
    withOidc: '使用 OpenID Connect 登录',
    withLdap: '使用 LDAP 登录',
    withPassword: '使用本服务器的密码登录',
  },
)
