import { ApartmentOutlined, IdcardOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Divider, Flex } from 'antd'
import { useEffect, useEffectEvent, useState } from 'react'
import type { beginSsoLogin, exchangeSsoCode, listRunningSso } from '#management/contract/sso.ts'
import { call } from '../api/call.ts'
import { ApiError } from '../api/http.ts'
import { beginSession } from '../api/session.ts'
import { useTexts } from '../i18n/i18n.ts'
import { SSO_TEXTS } from './sso-texts.ts'

/** Whose passwords are typed. */
export type PasswordBackend = 'local' | 'ldap'

interface Props {
  readonly backend: PasswordBackend
  readonly choose: (backend: PasswordBackend) => void
  readonly fail: (problem: string | undefined) => void
}

const CODE = 'sso_code'

/** Other ways to sign in, where there are some; and the way back from a provider. */
export default function SsoButtons({ backend, choose, fail }: Props) {
  const t = useTexts(SSO_TEXTS)
  const [isBusy, setBusy] = useState(false)
  const { data: running = [] } = useQuery({
    queryKey: ['sso-running'],
    queryFn: ({ signal }) => call<typeof listRunningSso>('GET', '/sso/running', { signal }),
  })

  const arrive = useEffectEvent(() => {
    const code = takeCode()
    if (code !== undefined) void comeBack(code, fail)
  })
  useEffect(() => arrive(), [])

  async function leave(): Promise<void> {
    setBusy(true)
    fail(undefined)
    try {
      const answer = await call<typeof beginSsoLogin>('POST', '/sso/login/{backend}', {
        params: { backend: 'oidc' },
        body: { backend: 'oidc' },
        accept: 'application/json',
      })
      if ('location' in answer) window.location.assign(answer.location)
    } catch (error) {
      fail(textOf(error))
      setBusy(false)
    }
  }

  if (running.length === 0) return null
  const other = backend === 'ldap' ? 'local' : 'ldap'
  return (
    <Flex vertical gap={8}>
      <Divider plain style={{ margin: '16px 0 8px' }}>
        {t('or')}
      </Divider>
      {running.includes('oidc') && (
        <Button block icon={<IdcardOutlined />} loading={isBusy} onClick={() => void leave()}>
          {t('withOidc')}
        </Button>
      )}
      {running.includes('ldap') && (
        <Button block icon={<ApartmentOutlined />} onClick={() => choose(other)}>
          {t(backend === 'ldap' ? 'withPassword' : 'withLdap')}
        </Button>
      )}
    </Flex>
  )
}

/** The code in the address, which does not stay there. */
function takeCode(): string | undefined {
  const url = new URL(window.location.href)
  const code = url.searchParams.get(CODE)
  if (code === null) return undefined
  url.searchParams.delete(CODE)
  window.history.replaceState(null, '', url)
  return code
}

async function comeBack(code: string, fail: (problem: string) => void): Promise<void> {
  try {
    const body = { code }
    const answer = await call<typeof exchangeSsoCode>('POST', '/sso/token_exchange', { body })
    const { username, token, role, backend } = answer
    beginSession({ username, token, role, backend })
  } catch (error) {
    fail(textOf(error))
  }
}

function textOf(error: unknown): string {
  return error instanceof ApiError ? error.message : String(error)
}
