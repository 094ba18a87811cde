import { ArrowDownOutlined, ArrowUpOutlined, HolderOutlined } from '@ant-design/icons'
import { Button, Flex, type TableColumnsType } from 'antd'
import { type DragEvent, type ReactNode, useState } from 'react'
import { useMayChange } from '../api/session.ts'
import { defineTexts, useTexts } from '../i18n/i18n.ts'
import { moved } from './moved.ts'
import { WideTable } from './wide-table.tsx'

const TEXTS = defineTexts(
  'ordered-table',
  {
    up: 'Move {{name}} up',
    down: 'Move {{name}} down',
    order: 'Order',
    drag: 'Drag to change the order',
  },
  { up: '上移 {{name}}', down: '下移 {{name}}', order: '顺序', drag: '拖动以调整顺序' },
)

interface Props<Row extends object> {
  readonly rows: readonly Row[] | undefined
  readonly isLoading: boolean
  readonly nameOf: (row: Row) => string
  readonly columns: TableColumnsType<Row>
  readonly empty: ReactNode
  /** All rows, in the order that is wanted. */
  readonly reorder: (rows: readonly Row[]) => void
}

/** Rows whose order matters: they are dragged, or moved with buttons. */
export function OrderedTable<Row extends object>(props: Props<Row>) {
  const { rows, isLoading, nameOf, columns, empty, reorder } = props
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const [dragged, setDragged] = useState<number>()
  const all = [...(rows ?? [])]
  const move = (from: number, to: number): void => {
    if (from === to || to < 0 || to >= all.length) return
    reorder(moved(all, from, to))
  }
  const buttons = (row: Row, place: number): ReactNode => (
    <Flex gap={4} align="center">
      <HolderOutlined title={t('drag')} style={{ cursor: 'grab' }} />
      <Button
        size="small"
        icon={<ArrowUpOutlined />}
        aria-label={t('up', { name: nameOf(row) })}
        disabled={!mayChange || place === 0}
        onClick={() => move(place, place - 1)}
      />
      <Button
        size="small"
        icon={<ArrowDownOutlined />}
        aria-label={t('down', { name: nameOf(row) })}
        disabled={!mayChange || place === all.length - 1}
        onClick={() => move(place, place + 1)}
      />
    </Flex>
  )
  return (
    <WideTable<Row>
      // Names may come twice; a row is known by its place.
      rowKey={(row) => String(all.indexOf(row))}
      rows={rows}
      loading={isLoading}
      pagination={false}
      empty={empty}
      onRow={(_, place = 0) => ({
        draggable: mayChange,
        onDragStart: (event: DragEvent) => {
          event.dataTransfer.effectAllowed = 'move'
          setDragged(place)
        },
        onDragOver: (event: DragEvent) => event.preventDefault(),
        onDrop: (event: DragEvent) => {
          event.preventDefault()
          if (dragged !== undefined) move(dragged, place)
          setDragged(undefined)
        },
      })}
      columns={[{ title: t('order'), render: (_, row, place) => buttons(row, place) }, ...columns]}
    />
  )
}
