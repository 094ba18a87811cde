import type { listClients, kickClients } from '#management/contract/clients.ts'
import { Badge, Flex, Select, type TableColumnsType } from 'antd'
import { type Key, useState } from 'react'
import { Link } from 'react-router'
import { type Answer, call, type Call } from '../../api/call.ts'
import { DangerButton } from '../../components/danger-button.tsx'
import { FilterInput } from '../../components/filter-input.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { ServerTable } from '../../components/server-table.tsx'
import { showTime } from '../../format/numbers.ts'
import { type Translate, useTexts } from '../../i18n/i18n.ts'
import { protocolName } from './protocol-name.ts'
import { TEXTS } from './texts.ts'

type Row = Answer<typeof listClients>['data'][number]
type SortKey = NonNullable<NonNullable<Call<typeof listClients>['query']>['sort_by']>
type State = 'connected' | 'disconnected'

interface Filters {
  readonly clientId: string
  readonly username: string
  readonly address: string
  readonly state: State | undefined
}

const REFRESH_MS = 5_000
const NO_FILTERS: Filters = { clientId: '', username: '', address: '', state: undefined }

/** Clients, filtered and paged by the broker. */
export function ClientList() {
  const t = useTexts(TEXTS)
  const [filters, setFilters] = useState(NO_FILTERS)
  const [selected, setSelected] = useState<Key[]>([])
  async function kick(): Promise<void> {
    await call<typeof kickClients>('POST', '/clients/kickout/bulk', { body: selected.map(String) })
    setSelected([])
  }
  return (
    <>
      <PageTitle title={t('title')} about={t('about')}>
        <DangerButton
          label={t('kickMany', { count: selected.length })}
          question={t('kickManyAsk', { count: selected.length })}
          consequence={t('kickLoses')}
          disabled={selected.length === 0}
          run={kick}
          done={t('kicked')}
          stale={['clients']}
        />
      </PageTitle>
      <FilterBar filters={filters} change={setFilters} />
      <ServerTable<Row>
        queryKey={['clients', filters]}
        load={async ({ page, limit, sort }, signal) =>
          call<typeof listClients>('GET', '/clients', {
            signal,
            query: {
              page,
              limit,
              ...(sort !== undefined && {
                sort_by: sort.by as SortKey,
                sort_order: sort.isDescending ? ('desc' as const) : ('asc' as const),
              }),
              ...(filters.clientId !== '' && { like_clientid: filters.clientId }),
              ...(filters.username !== '' && { like_username: filters.username }),
              ...(filters.address !== '' && { ip_address: filters.address }),
              ...(filters.state !== undefined && { conn_state: filters.state }),
            },
          })
        }
        columns={columns(t)}
        rowKey={({ clientid = '' }) => clientid}
        empty={t('none')}
        refreshMs={REFRESH_MS}
        selection={{ keys: selected, change: setSelected }}
      />
    </>
  )
}

function FilterBar({ filters, change }: { filters: Filters; change: (next: Filters) => void }) {
  const t = useTexts(TEXTS)
  const search = (name: 'clientId' | 'username' | 'address', hint: string) => (
    <FilterInput
      label={t(name)}
      hint={hint}
      search={(text) => change({ ...filters, [name]: text })}
    />
  )
  return (
    <Flex gap={8} wrap style={{ marginBottom: 12 }}>
      {search('clientId', t('contains'))}
      {search('username', t('contains'))}
      {search('address', '')}
      <Select<State | 'any'>
        aria-label={t('state')}
        value={filters.state ?? 'any'}
        onChange={(state) => change({ ...filters, state: state === 'any' ? undefined : state })}
        options={[
          { value: 'any', label: t('anyState') },
          { value: 'connected', label: t('connected') },
          { value: 'disconnected', label: t('disconnected') },
        ]}
        style={{ width: 140 }}
      />
    </Flex>
  )
}

function columns(t: Translate<keyof typeof TEXTS.en>): TableColumnsType<Row> {
  return [
    {
      title: t('clientId'),
      dataIndex: 'clientid',
      key: 'clientid' satisfies SortKey,
      sorter: true,
      render: (id: string) => <Link to={encodeURIComponent(id)}>{id}</Link>,
    },
    {
      title: t('username'),
      dataIndex: 'username',
      key: 'username' satisfies SortKey,
      sorter: true,
    },
    {
      title: t('state'),
      dataIndex: 'connected',
      render: (isConnected: boolean) => (
        <Badge
          status={isConnected ? 'success' : 'default'}
          text={t(isConnected ? 'connected' : 'disconnected')}
        />
      ),
    },
    {
      title: t('address'),
      render: (_, { ip_address: host, port }) => (host === undefined ? '–' : `${host}:${port}`),
    },
    { title: t('protocol'), render: (_, row) => protocolName(row.proto_name, row.proto_ver) },
    {
      title: t('connectedAt'),
      key: 'connected_at' satisfies SortKey,
      sorter: true,
      render: (_, row) => showTime(row.connected === true ? row.connected_at : row.disconnected_at),
    },
    numberColumn(t('subscriptions'), 'subscriptions_cnt'),
    numberColumn(t('queued'), 'mqueue_len'),
    numberColumn(t('inflight'), 'inflight_cnt'),
  ]
}

function numberColumn(title: string, dataIndex: SortKey) {
  const align = 'right' as const
  return { title, dataIndex, key: dataIndex, sorter: true, align, className: 'number' }
}
