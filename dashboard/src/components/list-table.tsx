import { useQuery } from '@tanstack/react-query'
import type { TableColumnsType } from 'antd'
import type { ReactNode } from 'react'
import { Failure } from './failure.tsx'
import { WideTable } from './wide-table.tsx'

interface Props<Row extends object> {
  readonly queryKey: readonly unknown[]
  readonly load: (signal: AbortSignal) => Promise<readonly Row[]>
  readonly columns: TableColumnsType<Row>
  readonly rowKey: (row: Row) => string
  /** What to say, and what to do, when there is nothing. */
  readonly empty: ReactNode
  readonly refreshMs?: number
  /** More about a row, shown below it when somebody opens it. */
  readonly expanded?: (row: Row) => ReactNode
}

const PAGE_SIZE = 50

/** A list that is short enough to be loaded at once. */
export function ListTable<Row extends object>(props: Props<Row>) {
  const { queryKey, load, columns, rowKey, empty, refreshMs, expanded } = props
  const { data, error, refetch } = useQuery({
    queryKey,
    queryFn: ({ signal }) => load(signal),
    refetchInterval: refreshMs ?? false,
  })
  if (error !== null && data === undefined) {
    return <Failure error={error} retry={() => void refetch()} />
  }
  return (
    <WideTable<Row>
      rows={data}
      columns={columns}
      rowKey={rowKey}
      empty={empty}
      {...(expanded === undefined ? {} : { expandable: { expandedRowRender: expanded } })}
      pagination={{ pageSize: PAGE_SIZE, hideOnSinglePage: true }}
    />
  )
}
