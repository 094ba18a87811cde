import type { createSchema, deleteSchema, updateSchema } from '#management/contract/schemas.ts'
import { Form, Input, Select, type TableColumnsType, Tag } from 'antd'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { AddButton } from '../../components/add-button.tsx'
import { CodeEditor } from '../../components/code-editor/code-editor.tsx'
import { JSON_LANGUAGE, PROTOBUF } from '../../components/code-editor/languages.ts'
import { FormDrawer } from '../../components/form-drawer.tsx'
import { ListTable } from '../../components/list-table.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { DeleteButton, EditButton, useActionsColumn } from '../../components/row-actions.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { loadSchemas, type Schema, usersOfSchema, useSteps } from '../pipeline/api.ts'
import { TEXTS } from './texts.ts'

const STALE = ['schemas']
const TYPES = ['json', 'avro', 'protobuf'] as const
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/
const NEW: Schema = { name: '', type: 'json', source: '', description: '' }

/** The schemas of payloads. */
export default function SchemasPage() {
  const t = useTexts(TEXTS)
  const [edited, setEdited] = useState<Schema>()
  return (
    <>
      <PageTitle title={t('title')} about={t('about')}>
        <AddButton onClick={() => setEdited(NEW)}>{t('add')}</AddButton>
      </PageTitle>
      <ListTable<Schema>
        queryKey={STALE}
        load={loadSchemas}
        columns={useColumns(setEdited)}
        rowKey={({ name }) => name}
        empty={t('none')}
      />
      {edited !== undefined && <Editor initial={edited} close={() => setEdited(undefined)} />}
    </>
  )
}

function useColumns(edit: (schema: Schema) => void): TableColumnsType<Schema> {
  const t = useTexts(TEXTS)
  const validations = useSteps('validation').data ?? []
  const transformations = useSteps('transformation').data ?? []
  const usersOf = (name: string): string => {
    const users = usersOfSchema(name, [...validations, ...transformations])
    return users.length === 0 ? t('nobody') : users.join(', ')
  }
  return [
    {
      title: t('name'),
      render: (_, { name, description }) => (
        <>
          {name}
          {description !== '' && <div className="tile-note">{description}</div>}
        </>
      ),
    },
    { title: t('type'), render: (_, { type }) => <Tag>{t(type)}</Tag> },
    { title: t('usedBy'), render: (_, { name }) => usersOf(name) },
    useActionsColumn(
      (schema) => (
        <>
          <EditButton edit={() => edit(schema)} />
          <DeleteButton
            question={t('removeAsk', schema)}
            consequence={t('removeLoses', { users: usersOf(schema.name) })}
            run={() => remove(schema)}
            stale={STALE}
          />
        </>
      ),
      t('operations'),
    ),
  ]
}

async function remove({ name }: Schema): Promise<unknown> {
  return call<typeof deleteSchema>('DELETE', '/schema_registry/{name}', { params: { name } })
}

function Editor({ initial, close }: { initial: Schema; close: () => void }) {
  const t = useTexts(TEXTS)
  const isNew = initial.name === ''
  const save = async (body: Schema): Promise<unknown> => {
    if (isNew) return call<typeof createSchema>('POST', '/schema_registry', { body })
    const params = { name: initial.name }
    return call<typeof updateSchema>('PUT', '/schema_registry/{name}', { params, body })
  }
  return (
    <FormDrawer
      title={isNew ? t('add') : t('editOne', initial)}
      initial={initial}
      toBody={(fields: Schema) => fields}
      save={save}
      done={t('saved')}
      stale={STALE}
      close={close}
    >
      {isNew && (
        <Form.Item
          name="name"
          label={t('name')}
          extra={t('nameRule')}
          rules={[{ required: true }, { pattern: NAME, message: t('nameRule') }]}
        >
          <Input autoFocus />
        </Form.Item>
      )}
      <Form.Item name="type" label={t('type')}>
        <Select options={TYPES.map((value) => ({ value, label: t(value) }))} />
      </Form.Item>
      <Form.Item name="source" label={t('source')} rules={[{ required: true }]}>
        <SourceEditor label={t('source')} />
      </Form.Item>
      <Form.Item name="description" label={t('description')}>
        <Input.TextArea autoSize />
      </Form.Item>
    </FormDrawer>
  )
}

interface SourceProps {
  readonly label: string
  // The form item gives these.
  readonly id?: string
  readonly value?: string
  readonly onChange?: (text: string) => void
}

/** The text of a schema, in the colours of its language. */
function SourceEditor(props: SourceProps) {
  const type: unknown = Form.useWatch('type')
  return <CodeEditor {...props} language={type === 'protobuf' ? PROTOBUF : JSON_LANGUAGE} />
}
