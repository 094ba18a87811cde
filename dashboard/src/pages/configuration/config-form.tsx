import type { getConfigKeys } from '#management/contract/configs.ts'
import { useQuery } from '@tanstack/react-query'
import { Affix, Button, Flex, Input, Select, Switch, Typography } from 'antd'
import { useMemo, useState } from 'react'
import { type Answer, call } from '../../api/call.ts'
import { Failure } from '../../components/failure.tsx'
import { Nothing } from '../../components/nothing.tsx'
import { useSchema } from '../../components/schema-form/use-schema.ts'
import { Panel } from '../../components/panel.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { splitPath } from './config-path.ts'
import { foldGroups, isElsewhere } from './fold-groups.ts'
import { KeyField } from './key-field.tsx'
import { schemaAt } from './schema-at.ts'
import { Review } from './review.tsx'
import { TEXTS } from './texts.ts'

export type ConfigKey = Answer<typeof getConfigKeys>[number]

const FIRST_ROOT = 'mqtt'

/** The keys of one root as a form. Changes are gathered, over all roots, until they are applied. */
export function ConfigForm() {
  const t = useTexts(TEXTS)
  const [root, setRoot] = useState(FIRST_ROOT)
  const [search, setSearch] = useState('')
  const [isChangedOnly, setChangedOnly] = useState(false)
  const [draft, setDraft] = useState<ReadonlyMap<string, unknown>>(new Map())
  const [isReviewing, setReviewing] = useState(false)
  const keys = useQuery({
    queryKey: ['configs', 'keys'],
    queryFn: ({ signal }) => call<typeof getConfigKeys>('GET', '/configs/keys', { signal }),
  })
  const present = useMemo(() => (keys.data ?? []).filter((one) => !isElsewhere(one)), [keys.data])
  const roots = useMemo(
    () => [...new Set(present.map(({ key }) => splitPath(key)[0] ?? ''))].toSorted(),
    [present],
  )
  const { data: schema } = useSchema(root)
  const change = (key: string, value: unknown): void => {
    setDraft((all) => new Map(all).set(key, value))
  }
  const forget = (key: string): void => {
    setDraft((all) => new Map([...all].filter(([other]) => other !== key)))
  }
  if (keys.error !== null && keys.data === undefined) {
    return <Failure error={keys.error} retry={() => void keys.refetch()} />
  }
  if (keys.data === undefined) return <Waiting />
  const text = search.toLowerCase()
  const shown = present.filter(({ key, description, origin }) => {
    if (isChangedOnly && origin === 'default' && !draft.has(key)) return false
    if (text === '') return splitPath(key)[0] === root
    return key.includes(text) || description.toLowerCase().includes(text)
  })
  return (
    <Flex vertical gap={16}>
      <Flex gap={12} wrap align="center">
        <Select
          aria-label={t('root')}
          showSearch
          value={root}
          style={{ width: 240 }}
          onChange={(next: string) => {
            setRoot(next)
            setSearch('')
          }}
          options={roots.map((value) => ({ value, label: value }))}
        />
        <Input.Search
          aria-label={t('search')}
          placeholder={t('search')}
          allowClear
          value={search}
          onChange={({ target }) => setSearch(target.value)}
          style={{ width: 300, maxWidth: '100%' }}
        />
        <Flex gap={8} align="center">
          <Switch aria-label={t('changedOnly')} checked={isChangedOnly} onChange={setChangedOnly} />
          <Typography.Text>{t('changedOnly')}</Typography.Text>
        </Flex>
      </Flex>
      {shown.length === 0 ? (
        <Nothing text={t('nothing')} />
      ) : (
        <Groups
          keys={text === '' && schema !== undefined ? foldGroups(shown, schema) : shown}
          draft={draft}
          change={change}
          forget={forget}
        />
      )}
      {draft.size > 0 && (
        <Affix offsetBottom={16}>
          <Panel>
            <Flex justify="space-between" align="center" wrap gap={8}>
              <Typography.Text strong>{t('pending', { number: draft.size })}</Typography.Text>
              <Flex gap={8}>
                <Button onClick={() => setDraft(new Map())}>{t('discard')}</Button>
                <Button type="primary" onClick={() => setReviewing(true)}>
                  {t('review')}
                </Button>
              </Flex>
            </Flex>
          </Panel>
        </Affix>
      )}
      {isReviewing && (
        <Review
          draft={draft}
          close={() => setReviewing(false)}
          applied={() => {
            setReviewing(false)
            setDraft(new Map())
          }}
        />
      )}
    </Flex>
  )
}

interface GroupsProps {
  readonly keys: readonly ConfigKey[]
  readonly draft: ReadonlyMap<string, unknown>
  readonly change: (key: string, value: unknown) => void
  readonly forget: (key: string) => void
}

/** Keys of the same group stand together. */
function Groups({ keys, draft, change, forget }: GroupsProps) {
  const groups = Map.groupBy(keys, ({ key }) => splitPath(key).slice(0, -1).join('.'))
  return [...groups].map(([group, members]) => (
    <Panel key={group} title={group === '' ? undefined : <code>{group}</code>}>
      <Flex vertical gap={20}>
        {members.map((member) => (
          <KeyWithSchema
            key={member.key}
            member={member}
            draft={draft}
            change={change}
            forget={forget}
          />
        ))}
      </Flex>
    </Panel>
  ))
}

interface KeyProps extends Omit<GroupsProps, 'keys'> {
  readonly member: ConfigKey
}

function KeyWithSchema({ member, draft, change, forget }: KeyProps) {
  const [root = ''] = splitPath(member.key)
  const { data } = useSchema(root)
  if (data === undefined) return null
  const isChanged = draft.has(member.key)
  return (
    <KeyField
      member={member}
      schema={schemaAt(data, member.key)}
      value={isChanged ? draft.get(member.key) : member.value}
      isChanged={isChanged}
      change={(value) => change(member.key, value)}
      forget={() => forget(member.key)}
    />
  )
}
