import type {
  deleteSource,
  getSourceStatus,
  listSources,
  orderSources,
  updateSource,
} from '#management/contract/authorization.ts'
import { PlusOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Dropdown, Flex, Switch, type TableColumnsType } from 'antd'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { useMayChange } from '../../api/session.ts'
import { BackendStatus } from '../../components/backend-status.tsx'
import { Failure } from '../../components/failure.tsx'
import { OrderedTable } from '../../components/ordered-table.tsx'
import { DeleteButton, EditButton, useActionsColumn } from '../../components/row-actions.tsx'
import { useAction } from '../../components/use-action.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { type Source, SOURCES, titleOf, typeOf } from './kinds.ts'
import { SourceEditor } from './source-editor.tsx'
import { TEXTS } from './texts.ts'

const PATH = '/authorization/sources'
const ONE = '/authorization/sources/{type}'
const STALE = ['authorization-sources']

/** Sources of rules, in the order in which they are asked. */
export function SourceList() {
  const t = useTexts(TEXTS)
  const { run } = useAction()
  const mayChange = useMayChange()
  const [edited, setEdited] = useState<{ source: Source; isNew: boolean }>()
  const { data, error, isPending, refetch } = useQuery({
    queryKey: STALE,
    queryFn: ({ signal }) => call<typeof listSources>('GET', PATH, { signal }),
  })
  if (error !== null && data === undefined) {
    return <Failure error={error} retry={() => void refetch()} />
  }
  const present = new Set(data?.sources.map(typeOf))
  const free = Object.keys(SOURCES).filter((type) => !present.has(type))
  const reorder = (rows: readonly Source[]): void => {
    const body = rows.map((row) => ({ type: typeOf(row) }))
    void run(() => call<typeof orderSources>('PUT', `${PATH}/order`, { body }), {
      done: t('saved'),
      stale: STALE,
    })
  }
  return (
    <>
      <Flex justify="end" style={{ marginBottom: 12 }}>
        <Dropdown
          trigger={['click']}
          disabled={!mayChange || free.length === 0}
          menu={{
            items: free.map((type) => ({ key: type, label: titleOf(type, t) })),
            onClick: ({ key }) => setEdited({ source: SOURCES[key] ?? {}, isNew: true }),
          }}
        >
          <Button type="primary" icon={<PlusOutlined />}>
            {t('add')}
          </Button>
        </Dropdown>
      </Flex>
      <OrderedTable<Source>
        rows={data?.sources}
        isLoading={isPending}
        nameOf={typeOf}
        columns={useColumns((source) => setEdited({ source, isNew: false }))}
        empty={t('none')}
        reorder={reorder}
      />
      {edited !== undefined && <SourceEditor {...edited} close={() => setEdited(undefined)} />}
    </>
  )
}

function useColumns(edit: (row: Source) => void): TableColumnsType<Source> {
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const { run, isBusy } = useAction()
  const enable = (row: Source, isOn: boolean): void => {
    const { rules: _rules, ...rest } = row
    const body = { ...rest, type: typeOf(row), enable: isOn }
    void run(() => call<typeof updateSource>('PUT', ONE, { params: { type: body.type }, body }), {
      done: t('saved'),
      stale: STALE,
    })
  }
  return [
    { title: t('kind'), render: (_, row) => titleOf(typeOf(row), t) },
    {
      title: t('enable'),
      render: (_, row) => (
        <Switch
          size="small"
          aria-label={t('enableOne', { name: titleOf(typeOf(row), t) })}
          checked={row['enable'] === true}
          disabled={!mayChange || isBusy}
          onChange={(isOn) => enable(row, isOn)}
        />
      ),
    },
    {
      title: t('state'),
      render: (_, row) => (
        <BackendStatus
          queryKey={['authorization-source-status', typeOf(row)]}
          load={async (signal) =>
            call<typeof getSourceStatus>('GET', `${ONE}/status`, {
              params: { type: typeOf(row) },
              signal,
            })
          }
          counters={[
            ['allow', t('allow')],
            ['deny', t('deny')],
            ['ignore', t('ignore')],
            ['failed', t('failed')],
          ]}
        />
      ),
    },
    useActionsColumn((row) => (
      <>
        <EditButton edit={() => edit(row)} />
        <DeleteButton
          question={t('removeAsk', { name: titleOf(typeOf(row), t) })}
          consequence={t('removeLoses')}
          run={() => call<typeof deleteSource>('DELETE', ONE, { params: { type: typeOf(row) } })}
          stale={STALE}
        />
      </>
    )),
  ]
}
