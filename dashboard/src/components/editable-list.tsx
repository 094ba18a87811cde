import { ArrowDownOutlined, ArrowUpOutlined, PlusOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Flex, Table, type TableColumnsType } from 'antd'
import { type ReactNode, useState } from 'react'
import { useMayChange } from '../api/session.ts'
import { defineTexts, useTexts } from '../i18n/i18n.ts'
import { DangerButton } from './danger-button.tsx'
import { Failure } from './failure.tsx'
import { FormDrawer } from './form-drawer.tsx'
import { Nothing } from './nothing.tsx'
import { PageTitle } from './page-title.tsx'
import { useAction } from './use-action.ts'

const TEXTS = defineTexts(
  'editable-list',
  {
    edit: 'Edit',
    remove: 'Delete',
    removeAsk: 'Delete the entry for {{name}}?',
    up: 'Move {{name}} up',
    down: 'Move {{name}} down',
    actions: 'Actions',
    saved: 'Saved. It holds from now on.',
  },
  {
    edit: '编辑',
    remove: '删除',
    removeAsk: '删除 {{name}} 这一条？',
    up: '上移 {{name}}',
    down: '下移 {{name}}',
    actions: '操作',
    saved: '已保存，立即生效。',
  },
)

interface Props<Item extends object> {
  readonly texts: {
    readonly title: string
    readonly about: string
    readonly add: string
    readonly empty: string
  }
  readonly queryKey: string
  readonly load: (signal: AbortSignal) => Promise<readonly Item[]>
  /** The API takes the list as a whole. */
  readonly save: (items: Item[]) => Promise<unknown>
  readonly columns: TableColumnsType<Item>
  readonly nameOf: (item: Item) => string
  readonly initial: Item
  /** The form items of one entry. */
  readonly children: ReactNode
}

/** A list in an order that matters, which is changed entry by entry and kept as a whole. */
export function EditableList<Item extends object>(props: Props<Item>) {
  const { texts, queryKey, load, save, columns, nameOf, initial, children } = props
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const { run, isBusy } = useAction()
  const [edited, setEdited] = useState<number | 'new'>()
  const { data, error, isPending, refetch } = useQuery({
    queryKey: [queryKey],
    queryFn: ({ signal }) => load(signal),
  })
  if (error !== null && data === undefined) {
    return <Failure error={error} retry={() => void refetch()} />
  }
  const items = [...(data ?? [])]
  const put = async (next: Item[]): Promise<boolean> =>
    run(() => save(next), { done: t('saved'), stale: [queryKey] })
  const without = (place: number): Item[] => items.filter((_, index) => index !== place)
  const moved = (place: number, by: -1 | 1): Item[] => {
    const [item] = items.slice(place, place + 1)
    return item === undefined ? items : without(place).toSpliced(place + by, 0, item)
  }
  const replaced = (item: Item): Item[] =>
    typeof edited === 'number' ? items.with(edited, item) : [...items, item]
  const rows = items.map((item, place) => ({ item, place }))
  type Row = (typeof rows)[number]
  return (
    <>
      <PageTitle title={texts.title} about={texts.about}>
        <Button
          type="primary"
          icon={<PlusOutlined />}
          disabled={!mayChange || data === undefined}
          onClick={() => setEdited('new')}
        >
          {texts.add}
        </Button>
      </PageTitle>
      <Table<Row>
        size="small"
        rowKey="place"
        loading={isPending || isBusy}
        dataSource={rows}
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: isPending ? ' ' : <Nothing text={texts.empty} /> }}
        columns={[
          { title: '#', render: (_, { place }) => place + 1 },
          ...columns.map((column) => overRow<Item, Row>(column)),
          {
            title: t('actions'),
            align: 'right',
            render: (_, { item, place }) => (
              <Flex gap={4} justify="end">
                <Button
                  size="small"
                  icon={<ArrowUpOutlined />}
                  aria-label={t('up', { name: nameOf(item) })}
                  disabled={!mayChange || place === 0}
                  onClick={() => void put(moved(place, -1))}
                />
                <Button
                  size="small"
                  icon={<ArrowDownOutlined />}
                  aria-label={t('down', { name: nameOf(item) })}
                  disabled={!mayChange || place === items.length - 1}
                  onClick={() => void put(moved(place, 1))}
                />
                <Button size="small" disabled={!mayChange} onClick={() => setEdited(place)}>
                  {t('edit')}
                </Button>
                <DangerButton
                  size="small"
                  label={t('remove')}
                  question={t('removeAsk', { name: nameOf(item) })}
                  run={() => put(without(place))}
                />
              </Flex>
            ),
          },
        ]}
      />
      {edited !== undefined && (
        <FormDrawer<Item>
          title={edited === 'new' ? texts.add : t('edit')}
          initial={edited === 'new' ? initial : (items[edited] ?? initial)}
          toBody={replaced}
          save={async (item) => put(replaced(item))}
          close={() => setEdited(undefined)}
        >
          {children}
        </FormDrawer>
      )}
    </>
  )
}

/** A column of items as a column of the rows that hold them. */
function overRow<Item extends object, Row extends { readonly item: Item }>(
  column: TableColumnsType<Item>[number],
): TableColumnsType<Row>[number] {
  const { title, dataIndex, render } = column as {
    title?: ReactNode
    dataIndex?: keyof Item
    render?: (value: unknown, item: Item, index: number) => ReactNode
  }
  return {
    title,
    render: (_, { item }, index) => {
      const value = dataIndex === undefined ? undefined : item[dataIndex]
      return render === undefined ? String(value ?? '–') : render(value, item, index)
    },
  }
}
