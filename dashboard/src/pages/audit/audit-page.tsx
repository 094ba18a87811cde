import type { listAudit } from '#management/contract/audit.ts'
import { Flex, Select, type TableColumnsType, Tag } from 'antd'
import { type Answer, call } from '../../api/call.ts'
import { FilterInput } from '../../components/filter-input.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { ServerTable } from '../../components/server-table.tsx'
import { useFilters } from '../../components/use-filters.ts'
import { showTime } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Entry = Answer<typeof listAudit>['data'][number]
type Result = Entry['operation_result']

interface Filters {
  readonly source: string
  readonly operation_id: string
  readonly operation_result: Result
}

/** Who changed what. */
export default function AuditPage() {
  const t = useTexts(TEXTS)
  const { filters, set } = useFilters<Filters>()
  const columns: TableColumnsType<Entry> = [
    {
      title: t('time'),
      dataIndex: 'created_at',
      className: 'number',
      render: (at: string) => showTime(at),
    },
    { title: t('who'), dataIndex: 'source', render: (name: string) => name || '–' },
    { title: t('address'), dataIndex: 'source_ip' },
    { title: t('from'), dataIndex: 'from', render: (from: Entry['from']) => <Tag>{t(from)}</Tag> },
    {
      title: t('what'),
      render: (_, { http_method: method, operation_id: path }) => (
        <code>{`${method.toUpperCase()} ${path}`}</code>
      ),
    },
    {
      title: t('result'),
      render: (_, { operation_result: result, http_status_code: status }) => (
        <Tag color={result === 'success' ? 'success' : 'error'}>{`${t(result)} (${status})`}</Tag>
      ),
    },
    {
      title: t('duration'),
      dataIndex: 'duration_ms',
      align: 'right',
      className: 'number',
      render: (ms: number) => `${ms} ms`,
    },
  ]
  return (
    <>
      <PageTitle title={t('title')} about={t('about')} />
      <Flex gap={8} wrap style={{ marginBottom: 12 }}>
        <FilterInput label={t('who')} search={set('source')} />
        <FilterInput label={t('path')} hint={t('example')} search={set('operation_id')} />
        <Select<Result | 'any'>
          aria-label={t('result')}
          value={filters.operation_result ?? 'any'}
          style={{ width: 160 }}
          onChange={set('operation_result')}
          options={[
            { value: 'any', label: t('any') },
            { value: 'success', label: t('success') },
            { value: 'failure', label: t('failure') },
          ]}
        />
      </Flex>
      <ServerTable<Entry>
        queryKey={['audit', filters]}
        load={async ({ page, limit }, signal) =>
          call<typeof listAudit>('GET', '/audit', { signal, query: { page, limit, ...filters } })
        }
        columns={columns}
        rowKey={({ created_at: at, operation_id: path, duration_ms: ms }) => `${at} ${path} ${ms}`}
        empty={t('none')}
        expanded={({ http_request: request, failure }) => (
          <JsonView
            label={t('request')}
            value={failure === undefined ? request : { ...request, failure }}
          />
        )}
      />
    </>
  )
}
