import { Table, type TableProps, type TableRef } from 'antd'
import { type ReactNode, type RefObject, useEffect, useRef } from 'react'
import { Nothing } from './nothing.tsx'

/** Narrower than this its cells are no pleasure to read, and it is scrolled. */
const WIDTH_PX_MIN = 860

interface Props<Row extends object> extends Omit<
  TableProps<Row>,
  'dataSource' | 'locale' | 'scroll' | 'size'
> {
  /** None as long as they are loaded. */
  readonly rows: readonly Row[] | undefined
  /** What to say, and what to do, when there is nothing. */
  readonly empty: ReactNode
}

/** A table that is scrolled where it is wider than the window, with the keyboard as well. */
export function WideTable<Row extends object>({ rows, empty, ...props }: Props<Row>) {
  const table = useRef<TableRef>(null)
  useScrollByKeyboard(table)
  return (
    <Table<Row>
      ref={table}
      size="small"
      loading={rows === undefined}
      dataSource={[...(rows ?? [])]}
      scroll={{ x: WIDTH_PX_MIN }}
      locale={{ emptyText: rows === undefined ? ' ' : <Nothing text={empty} /> }}
      {...props}
    />
  )
}

/** What is scrolled can be reached with `Tab` (antd's table has no property for this). */
function useScrollByKeyboard(table: RefObject<TableRef | null>): void {
  useEffect(() => {
    const content = table.current?.nativeElement.querySelector<HTMLElement>('.ant-table-content')
    if (content === null || content === undefined) return undefined
    const observer = new ResizeObserver(() => {
      if (content.scrollWidth > content.clientWidth) content.tabIndex = 0
      else content.removeAttribute('tabindex')
    })
    for (const element of [content, ...content.children]) observer.observe(element)
    return () => observer.disconnect()
  }, [table])
}
