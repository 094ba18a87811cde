import { Alert, Button, Form, Input } from 'antd'
import { useState } from 'react'
import type { login } from '#management/contract/login.ts'
import type { changePassword } from '#management/contract/users.ts'
import { call } from '../api/call.ts'
import { ApiError } from '../api/http.ts'
import { useTexts } from '../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

interface Old {
  readonly username: string
  readonly password: string
  readonly token: string
}

const PASSWORD_MIN = 8

/** Replaces the first password; nothing else is possible before. */
export function NewPasswordForm({ old, done }: { old: Old; done: (token: string) => void }) {
  const t = useTexts(TEXTS)
  const [problem, setProblem] = useState<string>()
  const [isBusy, setBusy] = useState(false)

  async function change(next: string): Promise<void> {
    setBusy(true)
    const { username, password, token } = old
    try {
      await call<typeof changePassword>('POST', '/users/{username}/change_pwd', {
        params: { username },
        body: { old_pwd: password, new_pwd: next },
        token,
      })
      const body = { username, password: next }
      done((await call<typeof login>('POST', '/login', { body })).token)
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Form layout="vertical" onFinish={({ next }: { next: string }) => void change(next)}>
      <p>{t('mustChange')}</p>
      {problem !== undefined && (
        <Alert type="error" showIcon title={problem} style={{ marginBottom: 16 }} />
      )}
      <Form.Item
        name="next"
        label={t('newPassword')}
        rules={[{ required: true, min: PASSWORD_MIN, message: t('tooShort') }]}
      >
        <Input.Password autoComplete="new-password" autoFocus />
      </Form.Item>
      <Form.Item
        name="again"
        label={t('repeat')}
        dependencies={['next']}
        rules={[
          { required: true },
          ({ getFieldValue }) => ({
            validator: async (_, value) => {
              if (value !== getFieldValue('next')) throw new Error(t('differs'))
            },
          }),
        ]}
      >
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <Button type="primary" htmlType="submit" block loading={isBusy}>
        {t('changePassword')}
      </Button>
    </Form>
  )
}
