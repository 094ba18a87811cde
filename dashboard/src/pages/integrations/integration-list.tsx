import { type TableColumnsType, Tag } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { AddButton } from '../../components/add-button.tsx'
import { ListTable } from '../../components/list-table.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import {
  idOf,
  type Integration,
  loadIntegrations,
  pageOf,
  REFRESH_MS,
  type Root,
  STALE,
} from './api.ts'
import { IntegrationEditor } from './integration-editor.tsx'
import { NumbersLine } from './integration-numbers.tsx'
import { EnableSwitch, Operations } from './integration-operations.tsx'
import { StatusBadge } from './status-badge.tsx'
import { TEXTS } from './texts.ts'
import { TypePicker } from './type-picker.tsx'
import { UsersOf } from './users-of.tsx'

/** What is being written: nothing, the type is being chosen, or one is. */
type Edited = undefined | 'pick' | { readonly type: string; readonly present?: Integration }

/** All connectors, actions or sources, with how they do. */
export function IntegrationList({ root }: { root: Root }) {
  const t = useTexts(TEXTS)
  const [edited, setEdited] = useState<Edited>()
  const columns = useColumns(root, (present) => setEdited({ type: present.type, present }))
  const close = (): void => setEdited(undefined)
  return (
    <>
      <PageTitle title={t(root)} about={t(`about-${root}`)}>
        <AddButton onClick={() => setEdited('pick')}>{t(`add-${root}`)}</AddButton>
      </PageTitle>
      <ListTable<Integration>
        queryKey={[...STALE, root]}
        load={(signal) => loadIntegrations(root, signal)}
        columns={columns}
        rowKey={idOf}
        empty={t(`none-${root}`)}
        refreshMs={REFRESH_MS}
      />
      {edited === 'pick' && (
        <TypePicker root={root} pick={(type) => setEdited({ type })} close={close} />
      )}
      {typeof edited === 'object' && <IntegrationEditor root={root} {...edited} close={close} />}
    </>
  )
}

function useColumns(root: Root, edit: (one: Integration) => void): TableColumnsType<Integration> {
  const t = useTexts(TEXTS)
  const isConnector = root === 'connectors'
  return [
    {
      title: t('id'),
      render: (_, one) => (
        <>
          <Link to={pageOf(root, idOf(one))}>{one.name}</Link>
          {one.description !== '' && <div className="tile-note">{one.description}</div>}
        </>
      ),
    },
    { title: t('type'), render: (_, { type }) => <Tag>{type}</Tag> },
    { title: t('status'), render: (_, one) => <StatusBadge one={one} /> },
    ...(isConnector
      ? []
      : [
          {
            title: t('connector'),
            render: (_: unknown, { type, connector = '' }: Integration) => (
              <Link to={pageOf('connectors', `${type}:${connector}`)}>{connector}</Link>
            ),
          },
          {
            title: t('numbers'),
            render: (_: unknown, one: Integration) => <NumbersLine root={root} id={idOf(one)} />,
          },
        ]),
    { title: t('usedBy'), render: (_, one) => <UsersOf one={one} /> },
    { title: t('enabled'), render: (_, one) => <EnableSwitch root={root} one={one} /> },
    {
      title: t('operations'),
      align: 'right',
      render: (_, one) => <Operations root={root} one={one} edit={edit} />,
    },
  ]
}
