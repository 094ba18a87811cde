import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { TableColumnsType } from 'antd'
import { type Key, type ReactNode, useState } from 'react'
import { defineTexts, useTexts } from '../i18n/i18n.ts'
import { Failure } from './failure.tsx'
import { WideTable } from './wide-table.tsx'

/** Which rows are wanted. */
interface PageQuery {
  readonly page: number
  readonly limit: number
  readonly sort?: Sort
}

/** The order that somebody asked for: `by` is the key of a column with a `sorter`. */
interface Sort {
  readonly by: string
  readonly isDescending: boolean
}

/** A page of rows, as every list of the API answers. */
interface RowsPage<Row> {
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
  { total: '{{number}} in all' },
  { total: '共 {{number}} 条' },
)
/** Rows that a list in an order is shown to. */
const SORTED_MAX = 10_000
const LIMITS = [20, 50, 100, 200]

interface Place {
  readonly identity: string
  readonly page: number
  readonly limit: number
  readonly sort: Sort | undefined
}

/** A list that the broker filters and pages: the browser holds one page of it. */
export function ServerTable<Row extends object>(props: Props<Row>) {
  const t = useTexts(TEXTS)
  const { queryKey, load, columns, rowKey, empty, refreshMs, selection, expanded } = props
  const identity = JSON.stringify(queryKey)
  const [place, setPlace] = useState<Place>({ identity, page: 1, limit: 20, sort: undefined })
  // Other filters make another list: it begins with its first page.
  const page = place.identity === identity ? place.page : 1
  const { limit, sort } = place
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: [...queryKey, page, limit, sort],
    queryFn: ({ signal }) => load({ page, limit, ...(sort !== undefined && { sort }) }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: refreshMs ?? false,
  })
  if (error !== null && data === undefined) {
    return <Failure error={error} retry={() => void refetch()} />
  }
  const known = (page - 1) * limit + (data?.data.length ?? 0)
  const total = data?.meta.count ?? known + (data?.meta.hasnext === true ? 1 : 0)
  return (
    <WideTable<Row>
      rows={data?.data}
      columns={columns}
      rowKey={rowKey}
      loading={data === undefined || (isFetching && refreshMs === undefined)}
      empty={empty}
      pagination={{
        current: page,
        pageSize: limit,
        // In an order, a list is not shown to its end.
        total: sort === undefined ? total : Math.min(total, SORTED_MAX),
        pageSizeOptions: LIMITS,
        showSizeChanger: true,
        hideOnSinglePage: total <= (LIMITS[0] ?? 0),
        showTotal: () => t('total', { number: total.toLocaleString('en') }),
      }}
      onChange={({ current = 1, pageSize = limit }, _filters, sorter) => {
        const next = sortOf(sorter)
        const isSame = JSON.stringify(next) === JSON.stringify(sort)
        setPlace({ identity, page: isSame ? current : 1, limit: pageSize, sort: next })
      }}
      {...(expanded === undefined ? {} : { expandable: { expandedRowRender: expanded } })}
      {...(selection === undefined
        ? {}
        : { rowSelection: { selectedRowKeys: [...selection.keys], onChange: selection.change } })}
    />
  )
}

function sortOf(sorter: unknown): Sort | undefined {
  // One column at a time: that is what `sorter: true` makes of a table.
  const { columnKey, order } = sorter as { columnKey?: string; order?: string | null }
  if (columnKey === undefined || order === undefined || order === null) return undefined
  return { by: columnKey, isDescending: order === 'descend' }
}
