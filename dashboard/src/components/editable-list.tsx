import { useQuery } from '@tanstack/react-query'
import { Button, Flex, type TableColumnsType } from 'antd'
import { type ReactNode, useState } from 'react'
import { useMayChange } from '../api/session.ts'
import { defineTexts, useTexts } from '../i18n/i18n.ts'
import { AddButton } from './add-button.tsx'
import { DangerButton } from './danger-button.tsx'
import { Failure } from './failure.tsx'
import { FormDrawer } from './form-drawer.tsx'
import { OrderedTable } from './ordered-table.tsx'
import { PageTitle } from './page-title.tsx'
import { useAction } from './use-action.ts'

const TEXTS = defineTexts(
  'editable-list',
  {
    edit: 'Edit',
    remove: 'Delete',
    removeAsk: 'Delete the entry for {{name}}?',
    actions: 'Actions',
    saved: 'Saved. It holds from now on.',
  },
  {
    edit: '编辑',
    remove: '删除',
    removeAsk: '删除 {{name}} 这一条？',
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
  const replaced = (item: Item): Item[] =>
    typeof edited === 'number' ? items.with(edited, item) : [...items, item]
  return (
    <>
      <PageTitle title={texts.title} about={texts.about}>
        <AddButton disabled={data === undefined} onClick={() => setEdited('new')}>
          {texts.add}
        </AddButton>
      </PageTitle>
      <OrderedTable<Item>
        rows={data}
        isLoading={isPending || isBusy}
        nameOf={nameOf}
        empty={texts.empty}
        reorder={(rows) => void put([...rows])}
        columns={[
          ...columns,
          {
            title: t('actions'),
            align: 'right',
            render: (_, item) => (
              <Flex gap={4} justify="end">
                <Button
                  size="small"
                  disabled={!mayChange}
                  onClick={() => setEdited(items.indexOf(item))}
                >
                  {t('edit')}
                </Button>
                <DangerButton
                  size="small"
                  label={t('remove')}
                  question={t('removeAsk', { name: nameOf(item) })}
                  run={() => put(items.filter((other) => other !== item))}
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
