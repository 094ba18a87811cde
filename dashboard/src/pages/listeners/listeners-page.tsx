import type {
  deleteListener,
  listListeners,
  restartListener,
  startListener,
  stopListener,
} from '#management/contract/listeners.ts'
import { Badge, Button, type TableColumnsType, Tag } from 'antd'
import { useState } from 'react'
import { type Answer, call } from '../../api/call.ts'
import { useMayChange } from '../../api/session.ts'
import { AddButton } from '../../components/add-button.tsx'
import { DangerButton } from '../../components/danger-button.tsx'
import { ListTable } from '../../components/list-table.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { DeleteButton, useActionsColumn } from '../../components/row-actions.tsx'
import { TextButton } from '../../components/text-button.tsx'
import { useAction } from '../../components/use-action.ts'
import { showCount } from '../../format/numbers.ts'
import { type Translate, useTexts } from '../../i18n/i18n.ts'
import { CertificateCell } from './certificate-cell.tsx'
import { ListenerForm } from './listener-form.tsx'
import { TEXTS } from './texts.ts'

export type Listener = Answer<typeof listListeners>[number]

const REFRESH_MS = 5_000
const STALE = ['listeners']

/** Where clients connect. */
export default function ListenersPage() {
  const t = useTexts(TEXTS)
  const [edited, setEdited] = useState<Listener | 'new'>()
  return (
    <>
      <PageTitle title={t('title')} about={t('about')}>
        <AddButton onClick={() => setEdited('new')}>{t('add')}</AddButton>
      </PageTitle>
      <ListTable<Listener>
        queryKey={STALE}
        load={(signal) => call<typeof listListeners>('GET', '/listeners', { signal })}
        columns={useColumns(setEdited)}
        rowKey={({ id }) => id}
        empty={t('none')}
        refreshMs={REFRESH_MS}
      />
      {edited !== undefined && (
        <ListenerForm
          {...(edited === 'new' ? {} : { id: edited.id })}
          close={() => setEdited(undefined)}
        />
      )}
    </>
  )
}

function useColumns(edit: (listener: Listener) => void): TableColumnsType<Listener> {
  const t = useTexts(TEXTS)
  return [
    {
      title: t('name'),
      dataIndex: 'id',
      render: (id: string, listener) => <TextButton open={() => edit(listener)}>{id}</TextButton>,
    },
    {
      title: t('type'),
      dataIndex: 'type',
      render: (type: Listener['type']) => <Tag>{t(type)}</Tag>,
    },
    { title: t('bind'), dataIndex: 'bind', render: (bind: string) => <code>{bind}</code> },
    { title: t('state'), render: (_, listener) => <State listener={listener} t={t} /> },
    {
      title: t('connections'),
      align: 'right',
      className: 'number',
      render: (_, { status }) =>
        `${showCount(status.current_connections)} / ${
          status.max_connections === 'infinity' ? '∞' : showCount(status.max_connections)
        }`,
    },
    {
      title: t('certificate'),
      render: (_, { certificate }) =>
        certificate === undefined ? '–' : <CertificateCell certificate={certificate} />,
    },
    useActionsColumn((one) => <Actions listener={one} />),
  ]
}

function State({ listener, t }: { listener: Listener; t: Translate<keyof typeof TEXTS.en> }) {
  const { enable, status } = listener
  if (status.running) return <Badge status="success" text={t('running')} />
  return enable ? (
    <Badge status="error" text={t('failed')} />
  ) : (
    <Badge status="default" text={t('stopped')} />
  )
}

function Actions({ listener: { id, status } }: { listener: Listener }) {
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const { run, isBusy } = useAction()
  const params = { id }
  const start = async (): Promise<unknown> =>
    run(() => call<typeof startListener>('POST', '/listeners/{id}/start', { params }), {
      done: t('started'),
      stale: STALE,
    })
  const loses = t('loses', { count: showCount(status.current_connections) })
  return (
    <>
      {status.running ? (
        <>
          <DangerButton
            size="small"
            label={t('restart')}
            question={t('restartAsk', { id })}
            consequence={loses}
            run={() => call<typeof restartListener>('POST', '/listeners/{id}/restart', { params })}
            done={t('restarted')}
            stale={STALE}
          />
          <DangerButton
            size="small"
            label={t('stop')}
            question={t('stopAsk', { id })}
            consequence={loses}
            run={() => call<typeof stopListener>('POST', '/listeners/{id}/stop', { params })}
            done={t('wasStopped')}
            stale={STALE}
          />
        </>
      ) : (
        <Button size="small" disabled={!mayChange} loading={isBusy} onClick={() => void start()}>
          {t('start')}
        </Button>
      )}
      <DeleteButton
        question={t('removeAsk', { id })}
        consequence={loses}
        run={() => call<typeof deleteListener>('DELETE', '/listeners/{id}', { params })}
        stale={STALE}
      />
    </>
  )
}
