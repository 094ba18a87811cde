import type {
  deleteRulesForAll,
  getRulesForAll,
  RuleBody,
  userRules,
} from '#management/contract/authorization-rules.ts'
import { Badge, Flex, Segmented, type TableColumnsType } from 'antd'
import { useState } from 'react'
import { type Answer, call } from '../../api/call.ts'
import { AddButton } from '../../components/add-button.tsx'
import { FilterInput } from '../../components/filter-input.tsx'
import { DeleteButton, EditButton, useActionsColumn } from '../../components/row-actions.tsx'
import { ServerTable } from '../../components/server-table.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { RulesForm } from './rules-form.tsx'
import { paramOf, RULES_PATH, RULES_STALE, type Subject } from './rules-paths.ts'
import { TEXTS } from './texts.ts'

type Rules = typeof userRules
type Row = Answer<Rules['list']>['data'][number]
function nameOf({ clientid, username }: Row): string {
  return clientid ?? username ?? ''
}

/** Rules about clients, about users, and about everybody. */
export function RuleLists() {
  const t = useTexts(TEXTS)
  const [subject, setSubject] = useState<Subject>('users')
  const [like, setLike] = useState('')
  const [edited, setEdited] = useState<Row>()
  const choose = (next: Subject): void => {
    setSubject(next)
    setLike('')
  }
  return (
    <>
      <Flex gap={8} wrap align="center" style={{ marginBottom: 12 }}>
        <Segmented<Subject>
          aria-label={t('subject')}
          value={subject}
          onChange={choose}
          options={(['users', 'clients', 'all'] as const).map((value) => ({
            value,
            label: t(`about_${value}`),
          }))}
        />
        {subject !== 'all' && (
          <FilterInput
            key={subject}
            label={t(paramOf(subject))}
            hint={t('contains')}
            search={setLike}
          />
        )}
        <AddButton onClick={() => setEdited({ rules: [] })}>
          {subject === 'all' ? t('editRules') : t('addRules')}
        </AddButton>
      </Flex>
      <ServerTable<Row>
        queryKey={[...RULES_STALE, subject, like]}
        load={async (range, signal) => loadRules(subject, { ...range, like }, signal)}
        columns={useColumns(subject, setEdited)}
        rowKey={nameOf}
        empty={t('noRules')}
      />
      {edited !== undefined && (
        <RulesForm
          subject={subject}
          name={nameOf(edited)}
          rules={edited.rules}
          close={() => setEdited(undefined)}
        />
      )}
    </>
  )
}

async function loadRules(
  subject: Subject,
  { like, page, limit }: { page: number; limit: number; like: string },
  signal: AbortSignal,
): Promise<{ data: readonly Row[]; meta: { count?: number } }> {
  if (subject === 'all') {
    const { rules } = await call<typeof getRulesForAll>('GET', `${RULES_PATH}/all`, { signal })
    return { data: rules.length === 0 ? [] : [{ rules }], meta: { count: rules.length && 1 } }
  }
  const query = { page, limit, ...(like !== '' && { [`like_${paramOf(subject)}`]: like }) }
  return call<Rules['list']>('GET', `${RULES_PATH}/${subject}`, { query, signal })
}

function useColumns(subject: Subject, edit: (row: Row) => void): TableColumnsType<Row> {
  const t = useTexts(TEXTS)
  const shownName = (row: Row): string => (subject === 'all' ? t('about_all') : nameOf(row))
  return [
    {
      title: subject === 'all' ? t('subject') : t(paramOf(subject)),
      render: (_, row) => shownName(row),
    },
    {
      title: t('rules'),
      render: (_, { rules }) => (
        <Flex vertical gap={4}>
          {rules.map((rule, index) => (
            <RuleLine key={index} rule={rule} />
          ))}
        </Flex>
      ),
    },
    useActionsColumn((row) => (
      <>
        <EditButton edit={() => edit(row)} />
        <DeleteButton
          question={t('removeRulesAsk', { name: shownName(row) })}
          run={() => remove(subject, nameOf(row))}
          stale={RULES_STALE}
        />
      </>
    )),
  ]
}

async function remove(subject: Subject, name: string): Promise<unknown> {
  if (subject === 'all') return call<typeof deleteRulesForAll>('DELETE', `${RULES_PATH}/all`, {})
  const param = paramOf(subject)
  const params = { [param]: name }
  return call<Rules['remove']>('DELETE', `${RULES_PATH}/${subject}/{${param}}`, { params })
}

function RuleLine({ rule }: { rule: RuleBody }) {
  const t = useTexts(TEXTS)
  const { permission, action, topic, qos = [], retain } = rule
  const isWhole = qos.length === 3
  return (
    <div>
      <Badge status={permission === 'allow' ? 'success' : 'error'} text={t(permission)} />{' '}
      {t(action)} <code>{topic}</code>
      {!isWhole && ` QoS ${qos.join(', ')}`}
      {retain !== 'all' && ` ${t('retain')}: ${String(retain)}`}
    </div>
  )
}
