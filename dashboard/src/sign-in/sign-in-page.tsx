import { LockOutlined, UserOutlined } from '@ant-design/icons'
import { Alert, Button, Flex, Form, Input } from 'antd'
import { lazy, Suspense, useState } from 'react'
import type { login } from '#management/contract/login.ts'
import type { beginSsoLogin } from '#management/contract/sso.ts'
import { type Answer, call } from '../api/call.ts'
import { ApiError } from '../api/http.ts'
import { beginSession, useHasExpired } from '../api/session.ts'
import { BrandSign } from '../shell/brand.tsx'
import { PreferenceSwitches } from '../components/preference-switches.tsx'
import { useTexts } from '../i18n/i18n.ts'
import type { PasswordBackend } from './sso-buttons.tsx'
import { NewPasswordForm } from './new-password-form.tsx'
import { TEXTS } from './texts.ts'

const SsoButtons = lazy(() => import('./sso-buttons.tsx'))

interface Credentials {
  readonly username: string
  readonly password: string
}

/** Who are you? Who comes with the first password has to choose another before anything else. */
export default function SignInPage() {
  const t = useTexts(TEXTS)
  const hasExpired = useHasExpired()
  const [problem, setProblem] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const [backend, setBackend] = useState<PasswordBackend>('local')
  const [mustChange, setMustChange] = useState<Credentials & Answer<typeof login>>()

  async function signIn({ username, password }: Credentials): Promise<void> {
    setBusy(true)
    setProblem(undefined)
    try {
      if (backend === 'ldap') {
        await signInByLdap(username, password)
        return
      }
      const answer = await call<typeof login>('POST', '/login', { body: { username, password } })
      if (answer.must_change_password) setMustChange({ username, password, ...answer })
      else beginSession({ username, token: answer.token, role: answer.role })
    } catch (error) {
      setProblem(error instanceof ApiError ? explain(error, t) : String(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Flex vertical align="center" justify="center" gap={24} className="sign-in">
      <main className="panel" style={{ width: 'min(400px, calc(100vw - 32px))', padding: 28 }}>
        <Flex vertical align="center" gap={8} style={{ marginBottom: 20 }}>
          <BrandSign size={52} />
          <h1 style={{ fontSize: 28, margin: 0 }}>Tideway</h1>
        </Flex>
        {mustChange === undefined ? (
          <>
            {hasExpired && problem === undefined && (
              <Alert type="info" showIcon title={t('expired')} style={{ marginBottom: 16 }} />
            )}
            {problem !== undefined && (
              <Alert type="error" showIcon title={problem} style={{ marginBottom: 16 }} />
            )}
            <SignInForm isBusy={isBusy} signIn={signIn} backend={backend} />
            <Suspense fallback={null}>
              <SsoButtons backend={backend} choose={setBackend} fail={setProblem} />
            </Suspense>
          </>
        ) : (
          <NewPasswordForm
            old={mustChange}
            done={(token) =>
              beginSession({ username: mustChange.username, token, role: mustChange.role })
            }
          />
        )}
      </main>
      <PreferenceSwitches />
    </Flex>
  )
}

async function signInByLdap(username: string, password: string): Promise<void> {
  const answer = await call<typeof beginSsoLogin>('POST', '/sso/login/{backend}', {
    params: { backend: 'ldap' },
    body: { backend: 'ldap', username, password },
  })
  if ('token' in answer) beginSession(answer)
}

interface FormProps {
  readonly isBusy: boolean
  readonly signIn: (given: Credentials) => Promise<void>
  readonly backend: PasswordBackend
}

function SignInForm(props: FormProps) {
  const t = useTexts(TEXTS)
  return (
    <Form<Credentials> layout="vertical" onFinish={(given) => void props.signIn(given)}>
      <Form.Item name="username" label={t('username')} rules={[{ required: true }]}>
        <Input prefix={<UserOutlined aria-hidden />} autoComplete="username" autoFocus />
      </Form.Item>
      <Form.Item name="password" label={t('password')} rules={[{ required: true }]}>
        <Input.Password prefix={<LockOutlined aria-hidden />} autoComplete="current-password" />
      </Form.Item>
      <Button type="primary" htmlType="submit" block loading={props.isBusy}>
        {t(props.backend === 'ldap' ? 'signInLdap' : 'signIn')}
      </Button>
    </Form>
  )
}

function explain(error: ApiError, t: (key: 'unreachable' | 'wrong') => string): string {
  if (error.status === 0) return t('unreachable')
  return error.code === 'BAD_USERNAME_OR_PWD' ? t('wrong') : error.message
}
