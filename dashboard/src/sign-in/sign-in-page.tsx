import { LockOutlined, UserOutlined } from '@ant-design/icons'
import { Alert, Button, Card, Flex, Form, Input, Typography } from 'antd'
import { useState } from 'react'
import { ApiError, request } from '../api/http.ts'
import { beginSession } from '../api/session.ts'
import { PreferenceSwitches } from '../components/preference-switches.tsx'
import { useTexts } from '../i18n/i18n.ts'
import { NewPasswordForm } from './new-password-form.tsx'
import { TEXTS } from './texts.ts'
import type { LoginAnswer } from './login-answer.ts'

interface Credentials {
  readonly username: string
  readonly password: string
}

/** Who are you? Who comes with the first password has to choose another before anything else. */
export function SignInPage() {
  const t = useTexts(TEXTS)
  const [problem, setProblem] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const [mustChange, setMustChange] = useState<Credentials & LoginAnswer>()

  async function signIn({ username, password }: Credentials): Promise<void> {
    setBusy(true)
    setProblem(undefined)
    try {
      const answer = await request<LoginAnswer>('POST', '/login', { body: { username, password } })
      if (answer.must_change_password === true) setMustChange({ username, password, ...answer })
      else beginSession({ username, token: answer.token, role: answer.role })
    } catch (error) {
      setProblem(error instanceof ApiError ? explain(error, t) : String(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Flex vertical align="center" justify="center" gap={24} style={{ minHeight: '100vh' }}>
      <Card style={{ width: 'min(400px, calc(100vw - 32px))' }}>
        <main>
          <Typography.Title level={1} style={{ fontSize: 28, textAlign: 'center' }}>
            Tideway
          </Typography.Title>
          {mustChange === undefined ? (
            <>
              {problem !== undefined && (
                <Alert type="error" showIcon title={problem} style={{ marginBottom: 16 }} />
              )}
              <SignInForm isBusy={isBusy} signIn={signIn} />
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
      </Card>
      <PreferenceSwitches />
    </Flex>
  )
}

function SignInForm(props: { isBusy: boolean; signIn: (given: Credentials) => Promise<void> }) {
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
        {t('signIn')}
      </Button>
    </Form>
  )
}

function explain(error: ApiError, t: (key: 'unreachable' | 'wrong') => string): string {
  if (error.status === 0) return t('unreachable')
  return error.code === 'BAD_USERNAME_OR_PWD' ? t('wrong') : error.message
}
