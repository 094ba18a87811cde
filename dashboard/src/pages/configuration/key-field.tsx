import { LockOutlined } from '@ant-design/icons'
import { Button, Flex, Input, InputNumber, Select, Switch, Tag, Tooltip, Typography } from 'antd'
import { useId, useState } from 'react'
import type { resetConfig } from '#management/contract/configs.ts'
import { call } from '../../api/call.ts'
import { useMayChange } from '../../api/session.ts'
import { DangerButton } from '../../components/danger-button.tsx'
import { useAction } from '../../components/use-action.ts'
import { useTexts } from '../../i18n/i18n.ts'
import type { ConfigKey } from './config-form.tsx'
import { splitPath } from './config-path.ts'
import { Control, controlOf, type KeySchema, readText } from './key-schema.ts'
import { TEXTS } from './texts.ts'

interface Props {
  readonly member: ConfigKey
  readonly schema: KeySchema
  /** As it is, or as it was changed and not applied yet. */
  readonly value: unknown
  readonly isChanged: boolean
  readonly change: (value: unknown) => void
  readonly forget: () => void
}

/** One key: what it does, its value, where that comes from, and when a change counts. */
export function KeyField(props: Props) {
  const { member, isChanged, forget } = props
  const t = useTexts(TEXTS)
  const id = useId()
  const { key, description, effect, pinned } = member
  return (
    <div style={isChanged ? CHANGED : UNCHANGED}>
      <Flex gap={8} wrap align="center" style={{ marginBottom: 4 }}>
        <label htmlFor={id}>
          <Typography.Text strong>{splitPath(key).at(-1)}</Typography.Text>
        </label>
        <Origin member={member} />
        {effect !== 'live' && <Tag color={EFFECT_COLOURS[effect]}>{t(effect)}</Tag>}
        {pinned && (
          <Tag icon={<LockOutlined />} color="error">
            {t('pinned')}
          </Tag>
        )}
        {isChanged && (
          <Button size="small" type="link" onClick={forget}>
            {t('undo')}
          </Button>
        )}
        {!isChanged && member.origin === 'api' && <ResetButton name={key} />}
      </Flex>
      <ValueControl id={id} {...props} />
      <Typography.Paragraph type="secondary" style={{ margin: '4px 0 0' }}>
        {description}
        {member.default !== undefined && (
          <>
            {' '}
            {t('default')} <code>{JSON.stringify(member.default)}</code>
          </>
        )}
      </Typography.Paragraph>
    </div>
  )
}

const EDGE = { borderInlineStart: '3px solid transparent', paddingInlineStart: 12 }
const UNCHANGED = EDGE
const CHANGED = { ...EDGE, borderInlineStartColor: 'var(--ant-color-warning)' }
const EFFECT_COLOURS = {
  'new-connections': 'processing',
  'restart-listener': 'warning',
  'restart-node': 'warning',
} as const

function Origin({ member: { origin, place } }: { member: ConfigKey }) {
  const t = useTexts(TEXTS)
  const tag = (
    <Tag tabIndex={place === undefined ? -1 : 0} {...(origin === 'api' && { color: 'processing' })}>
      {t(`origin-${origin}`)}
    </Tag>
  )
  return place === undefined ? tag : <Tooltip title={place}>{tag}</Tooltip>
}

function ResetButton({ name }: { name: string }) {
  const t = useTexts(TEXTS)
  const { run } = useAction()
  const [root = ''] = splitPath(name)
  const reset = async (): Promise<unknown> =>
    run(
      () =>
        call<typeof resetConfig>('POST', '/configs_reset/{root}', {
          params: { root },
          query: { conf_path: name },
        }),
      { done: t('wasReset'), stale: ['configs'] },
    )
  return (
    <DangerButton
      size="small"
      type="text"
      label={t('reset')}
      question={t('resetAsk', { name })}
      run={reset}
    />
  )
}

function ValueControl({ id, member, schema, value, change }: Props & { readonly id: string }) {
  const isDisabled = !useMayChange() || member.pinned
  const common = { id, disabled: isDisabled }
  const width = { width: 'min(480px, 100%)' }
  switch (controlOf(schema, value)) {
    case Control.SWITCH:
      return <Switch {...common} checked={value === true} onChange={change} />
    case Control.CHOICE:
      return (
        <Select
          {...common}
          style={width}
          value={value}
          onChange={change}
          options={(schema.enum ?? []).map((one) => ({ value: one, label: String(one) }))}
        />
      )
    case Control.NUMBER:
      return (
        <InputNumber
          {...common}
          style={width}
          value={typeof value === 'number' ? value : null}
          {...(schema.minimum !== undefined && { min: schema.minimum })}
          {...(schema.maximum !== undefined && { max: schema.maximum })}
          suffix={schema['x-unit']}
          onChange={change}
        />
      )
    case Control.SECRET:
      return (
        <Input.Password
          {...common}
          style={width}
          value={written(value)}
          autoComplete="new-password"
          onChange={({ target }) => change(target.value)}
        />
      )
    case Control.TEXT:
      return (
        <Input
          {...common}
          style={width}
          value={written(value)}
          placeholder={schema['x-form']}
          onChange={({ target }) => change(readText(schema, target.value))}
        />
      )
    case Control.JSON:
      return <JsonInput {...common} value={value} change={change} />
  }
}

interface JsonProps {
  readonly id: string
  readonly disabled: boolean
  readonly value: unknown
  readonly change: (value: unknown) => void
}

/** A list or a group as JSON; what is no JSON yet changes nothing. */
function JsonInput({ id, disabled, value, change }: JsonProps) {
  const [text, setText] = useState(() => JSON.stringify(value ?? null, null, 2))
  const [isWrong, setWrong] = useState(false)
  const write = (next: string): void => {
    setText(next)
    try {
      change(JSON.parse(next))
      setWrong(false)
    } catch {
      setWrong(true)
    }
  }
  return (
    <Input.TextArea
      id={id}
      disabled={disabled}
      value={text}
      status={isWrong ? 'error' : ''}
      aria-invalid={isWrong}
      autoSize={{ minRows: 1, maxRows: 16 }}
      style={{ fontFamily: 'ui-monospace, Consolas, monospace', maxWidth: 720 }}
      onChange={({ target }) => write(target.value)}
    />
  )
}

function written(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
