import { Descriptions, Flex, Tag } from 'antd'
import { useState } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { Failure } from '../../components/failure.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { Panel } from '../../components/panel.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { showTime } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { type Integration, pageOf, type Root, useIntegration } from './api.ts'
import { IntegrationEditor } from './integration-editor.tsx'
import { IntegrationNumbers } from './integration-numbers.tsx'
import { EnableSwitch, Operations } from './integration-operations.tsx'
import { StatusBadge } from './status-badge.tsx'
import { TEXTS } from './texts.ts'
import { UsersOf } from './users-of.tsx'

/** One connector, action or source: how it does, who uses it, what it is made of. */
export function IntegrationDetails({ root }: { root: Root }) {
  const t = useTexts(TEXTS)
  const { id = '' } = useParams()
  const navigate = useNavigate()
  const [edited, setEdited] = useState<Integration>()
  const { data: one, error, refetch } = useIntegration(root, id)
  if (error !== null && one === undefined) {
    return <Failure error={error} retry={() => void refetch()} />
  }
  if (one === undefined) return <Waiting />
  return (
    <>
      <PageTitle title={id} about={t(`about-${root}`)}>
        <Operations
          root={root}
          one={one}
          edit={setEdited}
          removed={() => void navigate(`/${root}`)}
        />
      </PageTitle>
      <Flex vertical gap={16}>
        <Panel title={t('state')} extra={<Link to={`/${root}`}>{t('all')}</Link>}>
          <Facts root={root} one={one} />
        </Panel>
        {root !== 'connectors' && (
          <Panel title={t('numbers')}>
            <IntegrationNumbers root={root} id={id} />
          </Panel>
        )}
        <Panel title={t('configuration')}>
          <JsonView label={t('json')} value={one} />
        </Panel>
      </Flex>
      {edited !== undefined && (
        <IntegrationEditor
          root={root}
          type={edited.type}
          present={edited}
          close={() => setEdited(undefined)}
        />
      )}
    </>
  )
}

function Facts({ root, one }: { root: Root; one: Integration }) {
  const t = useTexts(TEXTS)
  const { type, connector, description, tags, last_modified_at: modified } = one
  const items = [
    { label: t('status'), children: <StatusBadge one={one} /> },
    { label: t('enabled'), children: <EnableSwitch root={root} one={one} /> },
    { label: t('type'), children: type },
    ...(connector === undefined
      ? []
      : [
          {
            label: t('connector'),
            children: <Link to={pageOf('connectors', `${type}:${connector}`)}>{connector}</Link>,
          },
        ]),
    { label: t('usedBy'), children: <UsersOf one={one} /> },
    ...(description === '' ? [] : [{ label: t('description'), children: description }]),
    ...(tags.length === 0
      ? []
      : [{ label: t('tags'), children: tags.map((tag) => <Tag key={tag}>{tag}</Tag>) }]),
    { label: t('modified'), children: showTime(modified) },
  ]
  return (
    <Descriptions
      size="small"
      column={{ xs: 1, md: 2 }}
      items={items.map((item) => ({ ...item, key: item.label }))}
    />
  )
}
