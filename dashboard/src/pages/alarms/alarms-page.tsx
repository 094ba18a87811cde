import type { clearAlarms, deactivateAlarm, listAlarms } from '#management/contract/observe.ts'
import { Segmented, type TableColumnsType, Tag } from 'antd'
import { useState } from 'react'
import { type Answer, call } from '../../api/call.ts'
import { DangerButton } from '../../components/danger-button.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { useActionsColumn } from '../../components/row-actions.tsx'
import { ServerTable } from '../../components/server-table.tsx'
import { useAlarmText } from '../../components/use-alarm-text.ts'
import { showDuration, showTime } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Alarm = Answer<typeof listAlarms>['data'][number]
const STALE = ['alarms']
const REFRESH_MS = 5_000

/** What is wrong, and what was. */
export default function AlarmsPage() {
  const t = useTexts(TEXTS)
  const [view, setView] = useState<'active' | 'ended'>('active')
  const isActive = view === 'active'
  return (
    <>
      <PageTitle title={t('title')} about={t('about')}>
        <Segmented<'active' | 'ended'>
          aria-label={t('title')}
          value={view}
          onChange={setView}
          options={[
            { value: 'active', label: t('active') },
            { value: 'ended', label: t('ended') },
          ]}
        />
        {!isActive && (
          <DangerButton
            label={t('clear')}
            question={t('clearAsk')}
            run={() => call<typeof clearAlarms>('DELETE', '/alarms', {})}
            done={t('cleared')}
            stale={STALE}
          />
        )}
      </PageTitle>
      <ServerTable<Alarm>
        queryKey={['alarms', view]}
        load={async ({ page, limit }, signal) =>
          call<typeof listAlarms>('GET', '/alarms', {
            signal,
            query: { page, limit, activated: isActive },
          })
        }
        columns={useColumns(isActive)}
        rowKey={({ name, activate_at: at }) => `${name} ${at}`}
        empty={isActive ? t('none') : t('noneEnded')}
        refreshMs={REFRESH_MS}
        expanded={({ details }) => <JsonView label={t('details')} value={details} />}
      />
    </>
  )
}

function useColumns(isActive: boolean): TableColumnsType<Alarm> {
  const t = useTexts(TEXTS)
  const alarmText = useAlarmText()
  const actions = useActionsColumn(({ name }: Alarm) => (
    <DangerButton
      size="small"
      label={t('end')}
      question={t('endAsk', { name })}
      consequence={t('endHint')}
      run={() => end(name)}
      done={t('wasEnded')}
      stale={STALE}
    />
  ))
  return [
    { title: t('name'), dataIndex: 'name', render: (name: string) => <Tag>{name}</Tag> },
    { title: t('message'), render: (_, alarm) => alarmText(alarm) },
    { title: t('since'), dataIndex: 'activate_at', render: (at: string) => showTime(at) },
    ...(isActive
      ? []
      : [
          {
            title: t('until'),
            dataIndex: 'deactivate_at',
            render: (at: string | undefined) => showTime(at),
          },
        ]),
    {
      title: t('duration'),
      dataIndex: 'duration',
      align: 'right',
      className: 'number',
      render: (ms: number) => showDuration(ms),
    },
    ...(isActive ? [actions] : []),
  ]
}

async function end(name: string): Promise<unknown> {
  return call<typeof deactivateAlarm>('POST', '/alarms/force_deactivate', { body: { name } })
}
