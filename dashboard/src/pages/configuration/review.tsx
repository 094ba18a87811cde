import type { planConfigs, putConfigs } from '#management/contract/configs.ts'
import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Drawer, Flex, Segmented } from 'antd'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { useMayChange } from '../../api/session.ts'
import { Failure } from '../../components/failure.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { useAction } from '../../components/use-action.ts'
import { Waiting } from '../../components/waiting.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { ChangeTable } from './change-table.tsx'
import { nest } from './config-path.ts'
import { TEXTS } from './texts.ts'

interface Props {
  readonly draft: ReadonlyMap<string, unknown>
  readonly close: () => void
  readonly applied: () => void
}

/** What the changes would do, as the broker says, before they are applied. */
export function Review({ draft, close, applied }: Props) {
  const t = useTexts(TEXTS)
  const { run, isBusy } = useAction()
  const mayChange = useMayChange()
  const [view, setView] = useState<'changes' | 'json'>('changes')
  const value = nest(draft)
  const body = JSON.stringify(value)
  const plan = useQuery({
    queryKey: ['config-plan', body],
    queryFn: ({ signal }) => call<typeof planConfigs>('POST', '/configs/plan', { body, signal }),
    gcTime: 0,
  })
  async function apply(): Promise<void> {
    const isDone = await run(() => call<typeof putConfigs>('PUT', '/configs', { body }), {
      done: t('applied'),
      stale: ['configs', 'config-history', 'listeners'],
    })
    if (isDone) applied()
  }
  return (
    <Drawer
      open
      onClose={close}
      size="large"
      title={t('review')}
      extra={
        <Segmented<'changes' | 'json'>
          aria-label={t('view')}
          value={view}
          onChange={setView}
          options={[
            { value: 'changes', label: t('changes') },
            { value: 'json', label: 'JSON' },
          ]}
        />
      }
      footer={
        <Flex gap={8} justify="end">
          <Button onClick={close}>{t('back')}</Button>
          <Button
            type="primary"
            loading={isBusy}
            disabled={!mayChange || plan.data === undefined}
            onClick={() => void apply()}
          >
            {t('apply')}
          </Button>
        </Flex>
      }
    >
      {plan.error !== null && <Failure error={plan.error} />}
      {plan.error === null && plan.data === undefined && <Waiting />}
      {plan.data !== undefined && (
        <Flex vertical gap={16}>
          {plan.data.waits_for_restart && <Alert type="warning" showIcon title={t('waits')} />}
          {view === 'changes' ? (
            <ChangeTable changes={plan.data.changes} />
          ) : (
            <JsonView label="PUT /configs" value={value} />
          )}
        </Flex>
      )}
    </Drawer>
  )
}
