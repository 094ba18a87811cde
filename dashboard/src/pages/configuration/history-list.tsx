import type {
  getConfigVersion,
  listConfigHistory,
  rollBackConfig,
} from '#management/contract/configs.ts'
import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Drawer, type TableColumnsType, Tag } from 'antd'
import { useState } from 'react'
import { type Answer, call } from '../../api/call.ts'
import { DangerButton } from '../../components/danger-button.tsx'
import { Failure } from '../../components/failure.tsx'
import { ServerTable } from '../../components/server-table.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { showTime } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { ChangeTable } from './change-table.tsx'
import { TEXTS } from './texts.ts'

type Version = Answer<typeof listConfigHistory>['data'][number]

/** States that the configuration had. */
export function HistoryList() {
  const t = useTexts(TEXTS)
  const [chosen, setChosen] = useState<number>()
  const columns: TableColumnsType<Version> = [
    { title: t('version'), dataIndex: 'version', className: 'number' },
    { title: t('time'), dataIndex: 'created_at', render: (at: string) => showTime(at) },
    { title: t('who'), dataIndex: 'source', render: (source: string) => source || '–' },
    {
      title: t('from'),
      dataIndex: 'from',
      render: (from: Version['from']) => <Tag>{t(`from-${from}`)}</Tag>,
    },
    {
      title: t('changes'),
      dataIndex: 'changes',
      render: (changes: Version['changes']) => changes.map(({ key }) => key).join(', ') || '–',
    },
    {
      title: t('actions'),
      align: 'right',
      render: (_, { version }) => (
        <Button size="small" onClick={() => setChosen(version)}>
          {t('goBack')}
        </Button>
      ),
    },
  ]
  return (
    <>
      <ServerTable<Version>
        queryKey={['config-history']}
        load={async ({ page, limit }, signal) =>
          call<typeof listConfigHistory>('GET', '/configs/history', {
            signal,
            query: { page, limit },
          })
        }
        columns={columns}
        rowKey={({ version }) => String(version)}
        empty={t('noHistory')}
        expanded={({ changes }) => <ChangeTable changes={changes} />}
      />
      {chosen !== undefined && (
        <RollBack version={String(chosen)} close={() => setChosen(undefined)} />
      )}
    </>
  )
}

/** What going back would change. */
function RollBack({ version, close }: { version: string; close: () => void }) {
  const t = useTexts(TEXTS)
  const params = { version }
  const { data, error } = useQuery({
    queryKey: ['config-version', version],
    queryFn: ({ signal }) =>
      call<typeof getConfigVersion>('GET', '/configs/history/{version}', { params, signal }),
    gcTime: 0,
  })
  async function goBack(): Promise<void> {
    await call<typeof rollBackConfig>('POST', '/configs/history/{version}/rollback', { params })
    close()
  }
  return (
    <Drawer
      open
      onClose={close}
      size="large"
      title={t('goBackTitle', { version })}
      extra={
        <DangerButton
          label={t('goBack')}
          question={t('goBackAsk', { version })}
          consequence={t('goBackHint')}
          disabled={data === undefined || data.rollback.changes.length === 0}
          run={goBack}
          done={t('wentBack')}
          stale={['configs', 'config-history', 'listeners']}
        />
      }
    >
      {error !== null && <Failure error={error} />}
      {error === null && data === undefined && <Waiting />}
      {data?.rollback.waits_for_restart === true && (
        <Alert type="warning" showIcon title={t('waits')} style={{ marginBottom: 16 }} />
      )}
      {data !== undefined && <ChangeTable changes={data.rollback.changes} />}
    </Drawer>
  )
}
