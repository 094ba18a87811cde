import {
  DisconnectOutlined,
  LockOutlined,
  SearchOutlined,
  WarningOutlined,
} from '@ant-design/icons'
import { Button, Flex, theme } from 'antd'
import type { ReactNode } from 'react'
import { ApiError } from '../api/http.ts'
import { defineTexts, useTexts } from '../i18n/i18n.ts'

const TEXTS = defineTexts(
  'failure',
  {
    forbidden: 'Your role does not allow this.',
    forbiddenHint: 'Ask an administrator for the role "administrator".',
    missing: 'This does not exist (any more).',
    unreachable: 'The broker does not answer.',
    unreachableHint: 'Is it running, and is the network there? This page tries again by itself.',
    failed: 'This could not be loaded.',
    again: 'Try again',
  },
  {
    forbidden: '您的角色无权执行此操作。',
    forbiddenHint: '请联系管理员授予 administrator 角色。',
    missing: '该对象不存在或已被删除。',
    unreachable: '无法连接到服务器。',
    unreachableHint: '请检查服务是否在运行以及网络是否正常。页面会自动重试。',
    failed: '加载失败。',
    again: '重试',
  },
)

/** What could not be shown, why, and what to do. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useTexts(TEXTS)
  const { token } = theme.useToken()
  const status = error instanceof ApiError ? error.status : -1
  const message = error instanceof Error ? error.message : String(error)
  const [icon, title, hint]: readonly [ReactNode, string, string] =
    status === 0
      ? [<DisconnectOutlined key="i" />, t('unreachable'), t('unreachableHint')]
      : status === 403
        ? [<LockOutlined key="i" />, t('forbidden'), t('forbiddenHint')]
        : status === 404
          ? [<SearchOutlined key="i" />, t('missing'), message]
          : [<WarningOutlined key="i" />, t('failed'), message]
  return (
    <Flex
      vertical
      align="center"
      gap={8}
      role="alert"
      style={{ padding: '48px 16px', textAlign: 'center' }}
    >
      <span style={{ fontSize: 40, color: token.colorWarning }}>{icon}</span>
      <strong style={{ fontSize: 18 }}>{title}</strong>
      <span className="secondary" style={{ maxWidth: 640 }}>
        {hint}
      </span>
      {retry !== undefined && <Button onClick={retry}>{t('again')}</Button>}
    </Flex>
  )
}
