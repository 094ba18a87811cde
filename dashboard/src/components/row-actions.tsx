import { Button, Flex, type TableColumnType } from 'antd'
import type { ComponentProps, ReactNode } from 'react'
import { useMayChange } from '../api/session.ts'
import { defineTexts, useTexts } from '../i18n/i18n.ts'
import { DangerButton } from './danger-button.tsx'

const TEXTS = defineTexts(
  'row-actions',
  { actions: 'Actions', edit: 'Edit', remove: 'Delete', removed: 'Deleted.' },
  { actions: '操作', edit: '编辑', remove: '删除', removed: '已删除。' },
)

/** The last column of a list: what can be done with a row. */
export function useActionsColumn<Row>(
  buttonsOf: (row: Row) => ReactNode,
  title?: string,
): TableColumnType<Row> {
  const t = useTexts(TEXTS)
  return {
    title: title ?? t('actions'),
    align: 'right',
    render: (_, row) => (
      <Flex gap={8} justify="end">
        {buttonsOf(row)}
      </Flex>
    ),
  }
}

/** Opens what changes a row. */
export function EditButton({ edit }: { edit: () => void }) {
  const t = useTexts(TEXTS)
  return (
    <Button size="small" disabled={!useMayChange()} onClick={edit}>
      {t('edit')}
    </Button>
  )
}

/** Deletes a row, after a question. */
export function DeleteButton(props: Omit<ComponentProps<typeof DangerButton>, 'label'>) {
  const t = useTexts(TEXTS)
  return <DangerButton size="small" label={t('remove')} done={t('removed')} {...props} />
}
