import type { deleteRule, listRules, updateRule } from '#management/contract/rules.ts'
import { PartitionOutlined } from '@ant-design/icons'
import { Button, Flex, Input, Switch, type TableColumnsType, Tag } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { type Answer, call } from '../../api/call.ts'
import { useMayChange } from '../../api/session.ts'
import { AddButton } from '../../components/add-button.tsx'
import { DangerButton } from '../../components/danger-button.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { ServerTable } from '../../components/server-table.tsx'
import { useAction } from '../../components/use-action.ts'
import { showCount } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { actionLabel } from './rule-body.ts'
import { TEXTS } from './texts.ts'
import { useRuleMetrics } from './use-rule-metrics.ts'

type Rule = Answer<typeof listRules>['data'][number]
export const STALE = ['rules']
const REFRESH_MS = 5_000
const AllFlows = lazy(() => import('./all-flows.tsx'))

/** Every rule with its numbers. */
export function RuleList() {
  const t = useTexts(TEXTS)
  const navigate = useNavigate()
  const [filter, setFilter] = useState('')
  const [isFlowShown, setFlowShown] = useState(false)
  return (
    <>
      <PageTitle title={t('title')} about={t('about')}>
        <Button icon={<PartitionOutlined />} onClick={() => setFlowShown(true)}>
          {t('flow')}
        </Button>
        <AddButton onClick={() => void navigate('/rules/new')}>{t('add')}</AddButton>
      </PageTitle>
      <Flex style={{ marginBottom: 12 }}>
        <Input.Search
          allowClear
          aria-label={t('filter')}
          placeholder={t('filter')}
          style={{ maxWidth: 320 }}
          onSearch={setFilter}
        />
      </Flex>
      <ServerTable<Rule>
        queryKey={['rules', filter]}
        load={(query, signal) =>
          call<typeof listRules>('GET', '/rules', {
            query: filter === '' ? query : { ...query, like_id: filter },
            signal,
          })
        }
        columns={useColumns()}
        rowKey={({ id }) => id}
        empty={t('none')}
        refreshMs={REFRESH_MS}
      />
      {isFlowShown && (
        <Suspense fallback={null}>
          <AllFlows close={() => setFlowShown(false)} />
        </Suspense>
      )}
    </>
  )
}

function useColumns(): TableColumnsType<Rule> {
  const t = useTexts(TEXTS)
  return [
    {
      title: t('id'),
      render: (_, { id, name }) => (
        <>
          <Link to={`/rules/id/${encodeURIComponent(id)}`}>{id}</Link>
          {name !== '' && name !== id && <div>{name}</div>}
        </>
      ),
    },
    { title: t('reads'), render: (_, { from }) => from.map((one) => <Tag key={one}>{one}</Tag>) },
    {
      title: t('actions'),
      render: (_, { actions }) =>
        actions.map((action, index) => (
          <Tag key={`${index} ${actionLabel(action)}`}>{actionLabel(action)}</Tag>
        )),
    },
    { title: t('numbers'), render: (_, { id }) => <Numbers id={id} /> },
    { title: t('enabled'), render: (_, rule) => <Enabled rule={rule} /> },
    {
      title: '',
      align: 'right',
      render: (_, { id }) => (
        <DangerButton
          size="small"
          label={t('remove')}
          question={t('removeAsk', { id })}
          run={() => call<typeof deleteRule>('DELETE', '/rules/{id}', { params: { id } })}
          done={t('removed')}
          stale={STALE}
        />
      ),
    },
  ]
}

/** What a rule did, in one line. */
function Numbers({ id }: { id: string }) {
  const t = useTexts(TEXTS)
  const metrics = useRuleMetrics(id)
  if (metrics === undefined) return '–'
  const { matched, passed, 'actions.failed': failed, 'matched.rate': rate } = metrics
  return (
    <span className="number">
      {t('summary', {
        matched: showCount(matched),
        passed: showCount(passed),
        rate: rate.toFixed(1),
      })}
      {failed > 0 && <Tag color="error">{t('failedActions', { count: failed })}</Tag>}
    </span>
  )
}

function Enabled({ rule }: { rule: Rule }) {
  const t = useTexts(TEXTS)
  const { run, isBusy } = useAction()
  const mayChange = useMayChange()
  const change = (enable: boolean): void => {
    const options = { params: { id: rule.id }, body: { ...rule, enable } }
    void run(() => call<typeof updateRule>('PUT', '/rules/{id}', options), { stale: STALE })
  }
  return (
    <Switch
      size="small"
      aria-label={t('enableOne', { id: rule.id })}
      checked={rule.enable}
      disabled={!mayChange}
      loading={isBusy}
      onChange={change}
    />
  )
}
