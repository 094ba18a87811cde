import { LockOutlined } from '@ant-design/icons'
import { Button, ConfigProvider, Flex, Tag, Tooltip, Typography } from 'antd'
import { useEffect, useId, useRef, useState } from 'react'
import type { resetConfig } from '#management/contract/configs.ts'
import { call } from '../../api/call.ts'
import { useMayChange } from '../../api/session.ts'
import { DangerButton } from '../../components/danger-button.tsx'
import { Described } from '../../components/described.tsx'
import {
  type FormSchema,
  initialOf,
  Shape,
  shapeOf,
  writtenOf,
} from '../../components/schema-form/form-schema.ts'
import { SchemaValue } from '../../components/schema-form/schema-value.tsx'
import { ValueInput } from '../../components/schema-form/value-input.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import type { ConfigKey } from './config-form.tsx'
import { splitPath } from './config-path.ts'
import { applyPatch, mergePatch } from './merge-patch.ts'
import { TEXTS } from './texts.ts'

interface Props {
  readonly member: ConfigKey
  readonly schema: FormSchema
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
    <div className="config-key" style={isChanged ? CHANGED : UNCHANGED}>
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
        <Described text={description} />
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
  const [root = ''] = splitPath(name)
  const reset = async (): Promise<unknown> =>
    call<typeof resetConfig>('POST', '/configs_reset/{root}', {
      params: { root },
      query: { conf_path: name },
    })
  return (
    <DangerButton
      size="small"
      type="text"
      label={t('reset')}
      question={t('resetAsk', { name })}
      run={reset}
      done={t('wasReset')}
      stale={['configs']}
    />
  )
}

/** Its controls keep what is written in them, and begin anew when that is taken back. */
function ValueControl({ id, member, schema, value, isChanged, change }: ValueProps) {
  const isDisabled = !useMayChange() || member.pinned
  const epoch = useEpoch(isChanged)
  const key = `${epoch} ${JSON.stringify(member.value)}`
  const name = splitPath(member.key).at(-1) ?? ''
  const shape = shapeOf(schema)
  if (shape !== Shape.VALUE) {
    const isNamed = shape === Shape.NAMED_GROUPS
    const before = isNamed ? writtenOf(schema, initialOf(schema, member.value)) : undefined
    return (
      <div style={{ maxWidth: 720 }}>
        <SchemaValue
          key={key}
          name={name}
          schema={schema}
          initial={isNamed ? applyPatch(member.value, value) : value}
          disabled={isDisabled}
          // The API leaves groups as they are that a change does not name.
          change={(next) => change(isNamed ? mergePatch(before ?? {}, next) : next)}
        />
      </div>
    )
  }
  return (
    <ConfigProvider componentDisabled={isDisabled}>
      <div style={{ width: 'min(480px, 100%)' }}>
        <ValueInput
          key={key}
          id={id}
          schema={schema}
          label={name}
          value={value}
          checked={value === true}
          onChange={(next) => change(next === '' || next === undefined ? null : next)}
        />
      </div>
    </ConfigProvider>
  )
}

type ValueProps = Props & { readonly id: string }

/** Counts how often a change was taken back. */
function useEpoch(isChanged: boolean): number {
  const [epoch, setEpoch] = useState(0)
  const wasChanged = useRef(isChanged)
  useEffect(() => {
    if (wasChanged.current && !isChanged) setEpoch((before) => before + 1)
    wasChanged.current = isChanged
  }, [isChanged])
  return epoch
}
