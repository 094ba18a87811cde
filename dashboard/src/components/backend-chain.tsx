import { PlusOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Dropdown, Switch } from 'antd'
import type { ReactNode } from 'react'
import { useMayChange } from '../api/session.ts'
import { defineTexts, type Translate, useTexts } from '../i18n/i18n.ts'
import { type BackendState, BackendStatus } from './backend-status.tsx'
import { Failure } from './failure.tsx'
import { OrderedTable } from './ordered-table.tsx'
import { DeleteButton, EditButton, useActionsColumn } from './row-actions.tsx'
import { useAction } from './use-action.ts'

const TEXTS = defineTexts(
  'backend-chain',
  { enable: 'Enabled', enableOne: 'Ask {{name}}', state: 'State' },
  { enable: '启用', enableOne: '启用 {{name}}', state: '状态' },
)

/** A backend with the keys of its kind. */
export type Backend = Readonly<Record<string, unknown>>

/** What the API does with the backends of a chain. */
export interface ChainApi {
  readonly list: (signal: AbortSignal) => Promise<readonly Backend[]>
  readonly order: (ids: readonly string[]) => Promise<unknown>
  readonly update: (id: string, backend: Backend) => Promise<unknown>
  readonly remove: (id: string) => Promise<unknown>
  readonly status: (id: string, signal: AbortSignal) => Promise<BackendState>
}

interface Props {
  readonly api: ChainApi
  /** Key of the query; what changes the chain invalidates it. */
  readonly queryKey: string
  /** What the page calls its backends, and says of them. */
  readonly t: Translate<'kind' | 'add' | 'none' | 'saved' | 'removeAsk' | 'removeLoses'>
  /** Ids of all that there can be, each once. */
  readonly kinds: readonly string[]
  readonly idOf: (backend: Backend) => string
  readonly titleOf: (id: string) => string
  /** Counters with what each is called. */
  readonly counters: readonly (readonly [name: string, label: string])[]
  /** Where the button stands that adds one. */
  readonly head: (addButton: ReactNode) => ReactNode
  readonly add: (id: string) => void
  readonly edit: (backend: Backend) => void
  /** Buttons before the usual ones. */
  readonly buttons?: (backend: Backend) => ReactNode
}

/** Backends that are asked one after the other, in an order that is dragged. */
export function BackendChain(props: Props) {
  const { api, queryKey, t, kinds, idOf, titleOf, counters, head } = props
  const own = useTexts(TEXTS)
  const { run, isBusy } = useAction()
  const mayChange = useMayChange()
  const { data, error, isPending, refetch } = useQuery({
    queryKey: [queryKey],
    queryFn: ({ signal }) => api.list(signal),
  })
  const change = (work: () => Promise<unknown>): void =>
    void run(work, { done: t('saved'), stale: [queryKey] })
  const actions = useActionsColumn((row: Backend) => (
    <>
      {props.buttons?.(row)}
      <EditButton edit={() => props.edit(row)} />
      <DeleteButton
        question={t('removeAsk', { name: titleOf(idOf(row)) })}
        consequence={t('removeLoses')}
        run={() => api.remove(idOf(row))}
        stale={[queryKey]}
      />
    </>
  ))
  if (error !== null && data === undefined) {
    return <Failure error={error} retry={() => void refetch()} />
  }
  const free = kinds.filter((id) => data?.every((row) => idOf(row) !== id) ?? true)
  return (
    <>
      {head(
        <Dropdown
          trigger={['click']}
          disabled={!mayChange || free.length === 0}
          menu={{
            items: free.map((id) => ({ key: id, label: titleOf(id) })),
            onClick: ({ key }) => props.add(key),
          }}
        >
          <Button type="primary" icon={<PlusOutlined />}>
            {t('add')}
          </Button>
        </Dropdown>,
      )}
      <OrderedTable<Backend>
        rows={data}
        isLoading={isPending}
        nameOf={idOf}
        empty={t('none')}
        reorder={(rows) => change(() => api.order(rows.map(idOf)))}
        columns={[
          { title: t('kind'), render: (_, row) => titleOf(idOf(row)) },
          {
            title: own('enable'),
            render: (_, row) => (
              <Switch
                size="small"
                aria-label={own('enableOne', { name: titleOf(idOf(row)) })}
                checked={row['enable'] === true}
                disabled={!mayChange || isBusy}
                onChange={(enable) => change(() => api.update(idOf(row), { ...row, enable }))}
              />
            ),
          },
          {
            title: own('state'),
            render: (_, row) => (
              <BackendStatus
                queryKey={[`${queryKey}-status`, idOf(row)]}
                load={(signal) => api.status(idOf(row), signal)}
                counters={counters}
              />
            ),
          },
          actions,
        ]}
      />
    </>
  )
}
