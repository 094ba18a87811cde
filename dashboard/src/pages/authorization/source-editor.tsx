import type { createSource, updateSource } from '#management/contract/authorization.ts'
import { Form, Input } from 'antd'
import { call } from '../../api/call.ts'
import type { Backend } from '../../components/backend-chain.tsx'
import { FormDrawer } from '../../components/form-drawer.tsx'
import {
  type FormSchema,
  formsWith,
  type Group,
  initialOf,
  itemsOf,
  writtenOf,
} from '../../components/schema-form/form-schema.ts'
import { GroupPart } from '../../components/schema-form/schema-items.tsx'
import { useSchema } from '../../components/schema-form/use-schema.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { titleOf, typeOf } from './kinds.ts'
import { TEXTS } from './texts.ts'

interface Props {
  /** One that there is, or what a new one begins with. */
  readonly source: Backend
  readonly isNew: boolean
  readonly close: () => void
}

/** A form with all keys that the specification has for this type of source. */
export function SourceEditor(props: Props) {
  const { data } = useSchema('authorization.sources')
  if (data === undefined) return null
  const type = typeOf(props.source)
  const schema = formsWith(itemsOf(data) ?? {}, { type })
  return <Editor {...props} type={type} schema={type === 'file' ? withoutPath(schema) : schema} />
}

/** The API takes the rules themselves; the broker keeps them in its data directory. */
function withoutPath(schema: FormSchema): FormSchema {
  const forms = (schema.anyOf ?? []).map(({ properties, required, ...rest }) => {
    const { path: _path, ...others } = properties ?? {}
    return { ...rest, properties: others }
  })
  return { ...schema, anyOf: forms }
}

type EditorProps = Props & { readonly type: string; readonly schema: FormSchema }

function Editor({ source, isNew, close, type, schema }: EditorProps) {
  const t = useTexts(TEXTS)
  const isFile = type === 'file'
  const toBody = (fields: Group) => ({
    type,
    ...(writtenOf(schema, fields) as Group | undefined),
    ...(isFile && { rules: fields['rules'] }),
  })
  const save = async (body: ReturnType<typeof toBody>): Promise<unknown> =>
    isNew
      ? call<typeof createSource>('POST', '/authorization/sources', { body })
      : call<typeof updateSource>('PUT', '/authorization/sources/{type}', {
          params: { type },
          body,
        })
  const title = titleOf(type, t)
  return (
    <FormDrawer
      title={isNew ? `${t('add')}: ${title}` : t('editOne', { name: title })}
      initial={{
        ...(initialOf(schema, source) as Group),
        ...(isFile && { rules: source['rules'] }),
      }}
      toBody={toBody}
      save={save}
      done={t('saved')}
      stale={['authorization-sources']}
      close={close}
    >
      {isFile && (
        <Form.Item name="rules" label="rules">
          <Input.TextArea className="code" autoSize={{ minRows: 4, maxRows: 24 }} />
        </Form.Item>
      )}
      <GroupPart name="" schema={schema} full={[]} at={[]} />
    </FormDrawer>
  )
}
