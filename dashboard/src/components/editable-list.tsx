import { useQuery } from '@tanstack/react-query'
import type { TableColumnsType } from 'antd'
import { type ReactNode, useState } from 'react'
import { defineTexts, useTexts } from '../i18n/i18n.ts'
import { AddButton } from './add-button.tsx'
import { Failure } from './failure.tsx'
import { FormDrawer } from './form-drawer.tsx'
import { OrderedTable } from './ordered-table.tsx'
import { PageTitle } from './page-title.tsx'
import { DeleteButton, EditButton, useActionsColumn } from './row-actions.tsx'
import { useAction } from './use-action.ts'

const TEXTS = defineTexts(
  'editable-list',
  {
    edit: 'Edit',
    removeAsk: 'Delete the entry for {{name}}?',
    saved: 'Saved. It holds from now on.',
  },
  {
    edit: '编辑',
    removeAsk: '删除 {{name}} 这一条？',
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
  const { run, isBusy } = useAction()
  const [edited, setEdited] = useState<number | 'new'>()
  const { data, error, isPending, refetch } = useQuery({
    queryKey: [queryKey],
    queryFn: ({ signal }) => load(signal),
  })
  const items = [...(data ?? [])]
  const outcome = { done: t('saved'), stale: [queryKey] }
  const actions = useActionsColumn((item: Item) => (
    <>
      <EditButton edit={() => setEdited(items.indexOf(item))} />
      <DeleteButton
        question={t('removeAsk', { name: nameOf(item) })}
        run={() => save(items.filter((other) => other !== item))}
        {...outcome}
      />
    </>
  ))
  if (error !== null && data === undefined) {
    return <Failure error={error} retry={() => void refetch()} />
  }
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
        reorder={(rows) => void run(() => save([...rows]), outcome)}
        columns={[...columns, actions]}
      />
      {edited !== undefined && (
        <FormDrawer
          title={edited === 'new' ? texts.add : t('edit')}
          initial={edited === 'new' ? initial : (items[edited] ?? initial)}
          toBody={(item: Item) =>
            typeof edited === 'number' ? items.with(edited, item) : [...items, item]
          }
          save={save}
          {...outcome}
          close={() => setEdited(undefined)}
        >
          {children}
        </FormDrawer>
      )}
    </>
  )
}
