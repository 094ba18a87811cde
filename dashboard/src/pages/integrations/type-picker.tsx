import { Input, Modal } from 'antd'
import { useState } from 'react'
import { Failure } from '../../components/failure.tsx'
import { Nothing } from '../../components/nothing.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { type Root, useSpecification } from './api.ts'
import { TEXTS } from './texts.ts'
import './integrations.css'

interface Props {
  readonly root: Root
  readonly pick: (type: string) => void
  readonly close: () => void
}

/** The systems that there are, to choose one. */
export function TypePicker({ root, pick, close }: Props) {
  const t = useTexts(TEXTS)
  const [search, setSearch] = useState('')
  const { data, error, refetch } = useSpecification(root)
  const wanted = search.trim().toLowerCase()
  const types = (data?.types ?? [])
    .filter((one) => `${one.type} ${one.title} ${one.text}`.toLowerCase().includes(wanted))
    .toSorted((a, b) => a.title.localeCompare(b.title))
  return (
    <Modal open onCancel={close} footer={null} width={760} title={t('pick')}>
      <Input
        allowClear
        autoFocus
        aria-label={t('search')}
        placeholder={t('search')}
        value={search}
        onChange={({ target }) => setSearch(target.value)}
        style={{ marginBottom: 12 }}
      />
      {error !== null && <Failure error={error} retry={() => void refetch()} />}
      {error === null && data === undefined && <Waiting />}
      {data !== undefined && types.length === 0 && <Nothing text={t('noType')} />}
      <div className="integration-types">
        {types.map(({ type, title, text }) => (
          <button key={type} type="button" onClick={() => pick(type)}>
            <strong>{title}</strong>
            <span className="secondary">{text}</span>
          </button>
        ))}
      </div>
    </Modal>
  )
}
