import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Table, type TableColumnsType } from 'antd'
import { type Key, type ReactNode, useState } from 'react'
import { defineTexts, useTexts } from '../i18n/i18n.ts'
import { Failure } from './failure.tsx'
import { Nothing } from './nothing.tsx'

/** Which rows are wanted. */
export interface PageQuery {
  readonly page: number
  readonly limit: number
}

/** A page of rows, as every list of the API answers. */
export interface RowsPage<Row> {
  readonly data: readonly Row[]
  readonly meta: { readonly count?: number; readonly hasnext?: boolean }
}

interface Props<Row extends object> {
  /** Names the list and its filters: rows are kept for as long as they stay the same. */
  readonly queryKey: readonly unknown[]
  readonly load: (query: PageQuery, signal: AbortSignal) => Promise<RowsPage<Row>>
  readonly columns: TableColumnsType<Row>
  readonly rowKey: (row: Row) => string
  /** What to say, and what to do, when there is nothing. */
  readonly empty: ReactNode
  /** Loaded again after so many milliseconds; never when it is left out. */
  readonly refreshMs?: number
  /** More about a row, shown below it when somebody opens it. */
  readonly expanded?: (row: Row) => ReactNode
  readonly selection?: { readonly keys: readonly Key[]; readonly change: (keys: Key[]) => void }
}

const TEXTS = defineTexts(
  'server-table',
  { total: '{{count}} in all' },
  { total: '共 {{count}} 条' },
)
const LIMITS = [20, 50, 100, 200]

/** A list that the broker filters and pages: the browser holds one page of it. */
export function ServerTable<Row extends object>(props: Props<Row>) {
  const t = useTexts(TEXTS)
  const { queryKey, load, columns, rowKey, empty, refreshMs, selection, expanded } = props
  const identity = JSON.stringify(queryKey)
  const [place, setPlace] = useState({ identity, page: 1, limit: 20 })
  // Other filters make another list: it begins with its first page.
  const page = place.identity === identity ? place.page : 1
  const { limit } = place
  const { data, error, isFetching, isPending, refetch } = useQuery({
    queryKey: [...queryKey, page, limit],
    queryFn: ({ signal }) => load({ page, limit }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: refreshMs ?? false,
  })
  if (error !== null && data === undefined) {
    return <Failure error={error} retry={() => void refetch()} />
  }
  const rows = data?.data ?? []
  const known = (page - 1) * limit + rows.length
  const total = data?.meta.count ?? known + (data?.meta.hasnext === true ? 1 : 0)
  return (
    <Table<Row>
      size="small"
      columns={columns}
      dataSource={[...rows]}
      rowKey={rowKey}
      loading={isPending || (isFetching && refreshMs === undefined)}
      scroll={{ x: 'max-content' }}
      locale={{ emptyText: isPending ? ' ' : <Nothing text={empty} /> }}
      pagination={{
        current: page,
        pageSize: limit,
        total,
        pageSizeOptions: LIMITS,
        showSizeChanger: true,
        hideOnSinglePage: total <= (LIMITS[0] ?? 0),
        showTotal: (count) => t('total', { count }),
        onChange: (next, size) => setPlace({ identity, page: next, limit: size }),
      }}
      {...(expanded === undefined ? {} : { expandable: { expandedRowRender: expanded } })}
      {...(selection === undefined
        ? {}
        : { rowSelection: { selectedRowKeys: [...selection.keys], onChange: selection.change } })}
    />
  )
}
