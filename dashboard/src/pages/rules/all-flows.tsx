import type { listRules } from '#management/contract/rules.ts'
import { useQuery } from '@tanstack/react-query'
import { Drawer } from 'antd'
import { useMemo } from 'react'
import { call } from '../../api/call.ts'
import { Failure } from '../../components/failure.tsx'
import { Nothing } from '../../components/nothing.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import FlowPicture from './flow-picture.tsx'
import { actionLabel } from './rule-body.ts'
import { TEXTS } from './texts.ts'

/** Rules that one picture has. */
const RULES_MAX = 100

/** Where everything comes from and goes to: all rules in one picture. */
export default function AllFlows({ close }: { close: () => void }) {
  const t = useTexts(TEXTS)
  const { data, error, refetch } = useQuery({
    queryKey: ['rules', 'flow'],
    queryFn: ({ signal }) =>
      call<typeof listRules>('GET', '/rules', { query: { limit: RULES_MAX }, signal }),
  })
  const rules = useMemo(
    () =>
      (data?.data ?? []).map(({ id, from, actions, enable }) => {
        return { id, from, actions: actions.map(actionLabel), isEnabled: enable }
      }),
    [data],
  )
  return (
    <Drawer open onClose={close} size="min(1100px, 100vw)" title={t('flow')}>
      {error !== null && <Failure error={error} retry={() => void refetch()} />}
      {error === null && data === undefined && <Waiting />}
      {data !== undefined && rules.length === 0 && <Nothing text={t('none')} />}
      {rules.length > 0 && <FlowPicture rules={rules} />}
    </Drawer>
  )
}
