import type { createSchema, deleteSchema, updateSchema } from '#management/contract/schemas.ts'
import { Button, Flex, Form, Input, Select, type TableColumnsType, Tag } from 'antd'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { useMayChange } from '../../api/session.ts'
import { AddButton } from '../../components/add-button.tsx'
import { CodeEditor } from '../../components/code-editor/code-editor.tsx'
import { JSON_LANGUAGE, PROTOBUF } from '../../components/code-editor/languages.ts'
import { DangerButton } from '../../components/danger-button.tsx'
import { FormDrawer } from '../../components/form-drawer.tsx'
import { ListTable } from '../../components/list-table.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { useAction } from '../../components/use-action.ts'
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
  const mayChange = useMayChange()
  const { run } = useAction()
  const validations = useSteps('validation').data ?? []
  const transformations = useSteps('transformation').data ?? []
  const usersOf = (name: string): string => {
    const users = usersOfSchema(name, [...validations, ...transformations])
    return users.length === 0 ? t('nobody') : users.join(', ')
  }
  const remove = async (name: string): Promise<unknown> => {
    const work = async (): Promise<unknown> =>
      call<typeof deleteSchema>('DELETE', '/schema_registry/{name}', { params: { name } })
    return run(work, { done: t('removed'), stale: STALE })
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
    {
      title: t('operations'),
      align: 'right',
      render: (_, schema) => (
        <Flex gap={4} justify="end">
          <Button size="small" disabled={!mayChange} onClick={() => edit(schema)}>
            {t('edit')}
          </Button>
          <DangerButton
            size="small"
            label={t('remove')}
            question={t('removeAsk', schema)}
            consequence={t('removeLoses', { users: usersOf(schema.name) })}
            run={() => remove(schema.name)}
          />
        </Flex>
      ),
    },
  ]
}

function Editor({ initial, close }: { initial: Schema; close: () => void }) {
  const t = useTexts(TEXTS)
  const { run } = useAction()
  const isNew = initial.name === ''
  const required = { required: true, message: t('required') }
  const save = async (fields: Schema): Promise<boolean> => {
    const work = async (): Promise<unknown> => {
      if (isNew) {
        return call<typeof createSchema>('POST', '/schema_registry', { body: fields })
      }
      const options = { params: { name: initial.name }, body: fields }
      return call<typeof updateSchema>('PUT', '/schema_registry/{name}', options)
    }
    return run(work, { done: t('saved'), stale: STALE })
  }
  return (
    <FormDrawer<Schema>
      title={isNew ? t('add') : t('editOne', initial)}
      initial={initial}
      toBody={(fields) => fields}
      save={save}
      close={close}
    >
      {isNew && (
        <Form.Item
          name="name"
          label={t('name')}
          extra={t('nameRule')}
          rules={[required, { pattern: NAME, message: t('nameRule') }]}
        >
          <Input autoFocus />
        </Form.Item>
      )}
      <Form.Item name="type" label={t('type')}>
        <Select options={TYPES.map((value) => ({ value, label: t(value) }))} />
      </Form.Item>
      <Form.Item name="source" label={t('source')} rules={[required]}>
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
