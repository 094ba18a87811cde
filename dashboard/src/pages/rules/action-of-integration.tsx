import { PlusOutlined } from '@ant-design/icons'
import { Button, Flex, Select } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { useMayChange } from '../../api/session.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { idOf, pageOf, useIntegrations } from '../integrations/api.ts'
import { IntegrationEditor } from '../integrations/integration-editor.tsx'
import { NumbersLine } from '../integrations/integration-numbers.tsx'
import { StatusBadge } from '../integrations/status-badge.tsx'
import { TypePicker } from '../integrations/type-picker.tsx'
import { TEXTS } from './texts.ts'

interface Props {
  readonly number: number
  readonly id: string
  readonly change: (id: string) => void
}

/** An action that sends to another system: chosen, or made here; how it does. */
export function ActionOfIntegration({ number, id, change }: Props) {
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const [made, setMade] = useState<'pick' | { readonly type: string }>()
  const { data = [] } = useIntegrations('actions')
  const present = data.find((one) => idOf(one) === id)
  const close = (): void => setMade(undefined)
  return (
    <Flex vertical gap={6}>
      <Flex gap={8} wrap>
        <Select<string>
          aria-label={t('actionId', { number })}
          showSearch
          style={{ minWidth: 200, flex: 1 }}
          value={id === '' ? null : id}
          placeholder={t('chooseAction')}
          notFoundContent={t('noSuchAction')}
          onChange={change}
          options={data.map((one) => ({ value: idOf(one), label: idOf(one) }))}
        />
        <Button icon={<PlusOutlined />} disabled={!mayChange} onClick={() => setMade('pick')}>
          {t('newAction')}
        </Button>
      </Flex>
      {present !== undefined && (
        <Flex gap={16} wrap align="baseline">
          <StatusBadge one={present} />
          <NumbersLine root="actions" id={id} />
          <Link to={pageOf('actions', id)}>{t('openAction')}</Link>
        </Flex>
      )}
      {made === 'pick' && (
        <TypePicker root="actions" pick={(type) => setMade({ type })} close={close} />
      )}
      {typeof made === 'object' && (
        <IntegrationEditor root="actions" type={made.type} close={close} saved={change} />
      )}
    </Flex>
  )
}
