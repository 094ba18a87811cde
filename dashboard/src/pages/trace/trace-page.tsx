import type { createTrace, deleteTrace, listTraces, stopTrace } from '#management/contract/trace.ts'
import { DownloadOutlined } from '@ant-design/icons'
import { Badge, Button, DatePicker, Form, Input, Select, type TableColumnsType, Tag } from 'antd'
import { useState } from 'react'
import { type Answer, call } from '../../api/call.ts'
import { download } from '../../api/download.ts'
import { useMayChange } from '../../api/session.ts'
import { AddButton } from '../../components/add-button.tsx'
import { FormDrawer } from '../../components/form-drawer.tsx'
import { ListTable } from '../../components/list-table.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { TraceLog } from '../../components/trace-log.tsx'
import { DeleteButton, useActionsColumn } from '../../components/row-actions.tsx'
import { TextButton } from '../../components/text-button.tsx'
import { useAction } from '../../components/use-action.ts'
import { showBytes, showTime } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Trace = Answer<typeof listTraces>[number]
type Kind = Trace['type']
const KINDS = ['clientid', 'topic', 'ip_address', 'ruleid'] as const
const ENCODINGS = ['text', 'hex', 'hidden'] as const
const BADGES = { waiting: 'warning', running: 'processing', stopped: 'default' } as const
const STALE = ['traces']
const REFRESH_MS = 3_000

/** What happened to a client, a topic, an address or a rule. */
export default function TracePage() {
  const t = useTexts(TEXTS)
  const [isAdding, setAdding] = useState(false)
  const [shown, setShown] = useState<string>()
  return (
    <>
      <PageTitle title={t('title')} about={t('about')}>
        <AddButton onClick={() => setAdding(true)}>{t('add')}</AddButton>
      </PageTitle>
      <ListTable<Trace>
        queryKey={STALE}
        load={(signal) => call<typeof listTraces>('GET', '/trace', { signal })}
        columns={useColumns(setShown)}
        rowKey={({ name }) => name}
        empty={t('none')}
        refreshMs={REFRESH_MS}
      />
      {isAdding && <NewTrace close={() => setAdding(false)} />}
      {shown !== undefined && <TraceLog name={shown} close={() => setShown(undefined)} />}
    </>
  )
}

function useColumns(show: (name: string) => void): TableColumnsType<Trace> {
  const t = useTexts(TEXTS)
  return [
    {
      title: t('name'),
      dataIndex: 'name',
      render: (name: string) => <TextButton open={() => show(name)}>{name}</TextButton>,
    },
    { title: t('kind'), dataIndex: 'type', render: (kind: Kind) => <Tag>{t(kind)}</Tag> },
    { title: t('value'), render: (_, trace) => trace[trace.type] ?? '–' },
    {
      title: t('state'),
      dataIndex: 'status',
      render: (status: Trace['status']) => <Badge status={BADGES[status]} text={t(status)} />,
    },
    { title: t('startAt'), dataIndex: 'start_at', render: (at: string) => showTime(at) },
    { title: t('endAt'), dataIndex: 'end_at', render: (at: string) => showTime(at) },
    {
      title: t('size'),
      dataIndex: 'log_size',
      align: 'right',
      className: 'number',
      render: (sizes: Trace['log_size']) =>
        showBytes(Object.values(sizes).reduce((sum, size) => sum + size, 0)),
    },
    useActionsColumn((trace) => <Actions trace={trace} />),
  ]
}

function Actions({ trace: { name, status } }: { trace: Trace }) {
  const t = useTexts(TEXTS)
  const { run, isBusy } = useAction()
  const mayChange = useMayChange()
  const params = { name }
  const stop = async (): Promise<unknown> =>
    run(() => call<typeof stopTrace>('PUT', '/trace/{name}/stop', { params }), { stale: STALE })
  return (
    <>
      {status !== 'stopped' && (
        <Button size="small" disabled={!mayChange} loading={isBusy} onClick={() => void stop()}>
          {t('stop')}
        </Button>
      )}
      <Button
        size="small"
        icon={<DownloadOutlined />}
        onClick={() =>
          void run(() => download(`/trace/${encodeURIComponent(name)}/download`, `${name}.zip`))
        }
      >
        {t('download')}
      </Button>
      <DeleteButton
        question={t('removeAsk', { name })}
        consequence={t('removeLoses')}
        run={() => call<typeof deleteTrace>('DELETE', '/trace/{name}', { params })}
        stale={STALE}
      />
    </>
  )
}

interface Fields {
  readonly name: string
  readonly type: Kind
  readonly value: string
  readonly payload_encode: (typeof ENCODINGS)[number]
  readonly until?: { toISOString(): string } | null
}

function NewTrace({ close }: { close: () => void }) {
  const t = useTexts(TEXTS)
  const toBody = ({ name, type, value, payload_encode: encoding, until }: Fields) => ({
    name,
    type,
    [type]: value,
    payload_encode: encoding,
    ...(until !== undefined && until !== null && { end_at: until.toISOString() }),
  })
  return (
    <FormDrawer
      title={t('add')}
      initial={{ type: 'clientid', payload_encode: 'text' }}
      toBody={toBody}
      save={(body) => call<typeof createTrace>('POST', '/trace', { body })}
      done={t('started')}
      stale={STALE}
      close={close}
    >
      <Form.Item
        name="name"
        label={t('name')}
        extra={t('nameRule')}
        rules={[
          { required: true },
          { pattern: /^[A-Za-z]+[A-Za-z0-9_-]*$/, message: t('nameRule') },
        ]}
      >
        <Input />
      </Form.Item>
      <Form.Item name="type" label={t('kind')}>
        <Select options={KINDS.map((value) => ({ value, label: t(value) }))} />
      </Form.Item>
      <Form.Item
        name="value"
        label={t('value')}
        extra={t('valueHint')}
        rules={[{ required: true }]}
      >
        <Input />
      </Form.Item>
      <Form.Item name="payload_encode" label={t('payloads')}>
        <Select options={ENCODINGS.map((value) => ({ value, label: t(`payload-${value}`) }))} />
      </Form.Item>
      <Form.Item name="until" label={t('endAt')} extra={t('endHint')}>
        <DatePicker showTime style={{ width: '100%' }} />
      </Form.Item>
    </FormDrawer>
  )
}
