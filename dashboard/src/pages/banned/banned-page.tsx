import type { clearBans, createBan, deleteBan, listBans } from '#management/contract/banned.ts'
import { DatePicker, Flex, Form, Input, Select, type TableColumnsType, Tag } from 'antd'
import { useState } from 'react'
import { type Answer, call } from '../../api/call.ts'
import { AddButton } from '../../components/add-button.tsx'
import { DangerButton } from '../../components/danger-button.tsx'
import { FilterInput } from '../../components/filter-input.tsx'
import { FormDrawer } from '../../components/form-drawer.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { useActionsColumn } from '../../components/row-actions.tsx'
import { ServerTable } from '../../components/server-table.tsx'
import { showTime } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Ban = Answer<typeof listBans>['data'][number]
type Kind = Ban['as']

const KINDS = [
  'clientid',
  'username',
  'peerhost',
  'peerhost_net',
  'clientid_re',
  'username_re',
] as const satisfies readonly Kind[]
const SEARCHED = {
  clientid: 'like_clientid',
  username: 'like_username',
  peerhost: 'like_peerhost',
  peerhost_net: 'like_peerhost_net',
} as const
type Searched = keyof typeof SEARCHED
const STALE = ['bans']

/** Who is not let in, until when, and why. */
export default function BannedPage() {
  const t = useTexts(TEXTS)
  const [isAdding, setAdding] = useState(false)
  const [filter, setFilter] = useState<{ kind: Searched; text: string }>({
    kind: 'clientid',
    text: '',
  })
  return (
    <>
      <PageTitle title={t('title')} about={t('about')}>
        <DangerButton
          label={t('liftAll')}
          question={t('liftAllAsk')}
          consequence={t('liftLoses')}
          run={() => call<typeof clearBans>('DELETE', '/banned', {})}
          done={t('lifted')}
          stale={STALE}
        />
        <AddButton onClick={() => setAdding(true)}>{t('add')}</AddButton>
      </PageTitle>
      <Flex gap={8} wrap style={{ marginBottom: 12 }}>
        <Select<Searched>
          aria-label={t('kind')}
          value={filter.kind}
          style={{ width: 160 }}
          onChange={(kind) => setFilter({ ...filter, kind })}
          options={(Object.keys(SEARCHED) as Searched[]).map((value) => ({
            value,
            label: t(value),
          }))}
        />
        <FilterInput
          label={t('who')}
          hint={t('contains')}
          width={260}
          search={(text) => setFilter({ ...filter, text })}
        />
      </Flex>
      <ServerTable<Ban>
        queryKey={['bans', filter]}
        load={async ({ page, limit }, signal) =>
          call<typeof listBans>('GET', '/banned', {
            signal,
            query: {
              page,
              limit,
              ...(filter.text !== '' && { [SEARCHED[filter.kind]]: filter.text }),
            },
          })
        }
        columns={useColumns()}
        rowKey={({ as, who }) => `${as} ${who}`}
        empty={t('none')}
      />
      {isAdding && <NewBan close={() => setAdding(false)} />}
    </>
  )
}

function useColumns(): TableColumnsType<Ban> {
  const t = useTexts(TEXTS)
  return [
    { title: t('kind'), dataIndex: 'as', render: (kind: Kind) => <Tag>{t(kind)}</Tag> },
    { title: t('who'), dataIndex: 'who' },
    { title: t('reason'), dataIndex: 'reason', render: (reason: string) => reason || '–' },
    { title: t('by'), dataIndex: 'by' },
    { title: t('since'), dataIndex: 'at', render: (at: string) => showTime(at) },
    {
      title: t('until'),
      dataIndex: 'until',
      render: (until: string) => (until === 'infinity' ? t('forEver') : showTime(until)),
    },
    useActionsColumn((ban) => (
      <DangerButton
        size="small"
        label={t('lift')}
        question={t('liftAsk', { who: ban.who })}
        consequence={t('liftLoses')}
        run={() => lift(ban)}
        done={t('lifted')}
        stale={STALE}
      />
    )),
  ]
}

async function lift({ as, who }: Ban): Promise<unknown> {
  return call<typeof deleteBan>('DELETE', '/banned/{as}/{who}', { params: { as, who } })
}

interface Fields {
  readonly as: Kind
  readonly who: string
  readonly reason?: string
  /** What the date picker gives. */
  readonly until?: { toISOString(): string } | null
}

function NewBan({ close }: { close: () => void }) {
  const t = useTexts(TEXTS)
  const toBody = ({ as, who, reason, until }: Fields) => ({
    as,
    who,
    ...(reason !== undefined && reason !== '' && { reason }),
    ...(until !== undefined && until !== null && { until: until.toISOString() }),
  })
  return (
    <FormDrawer
      title={t('add')}
      initial={{ as: 'clientid' }}
      toBody={toBody}
      save={(body) => call<typeof createBan>('POST', '/banned', { body })}
      done={t('banned')}
      stale={STALE}
      close={close}
    >
      <Form.Item name="as" label={t('kind')}>
        <Select options={KINDS.map((value) => ({ value, label: t(value) }))} />
      </Form.Item>
      <Form.Item name="who" label={t('who')} extra={t('whoHint')} rules={[{ required: true }]}>
        <Input />
      </Form.Item>
      <Form.Item name="reason" label={t('reason')}>
        <Input />
      </Form.Item>
      <Form.Item name="until" label={t('until')} extra={t('untilHint')}>
        <DatePicker showTime style={{ width: '100%' }} />
      </Form.Item>
    </FormDrawer>
  )
}
