import type { globalChain } from '#management/contract/authentication.ts'
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
import { idOf, useTitleOf } from './kinds.ts'
import { TEXTS } from './texts.ts'

type Chain = typeof globalChain

const PATH = '/authentication'

interface Props {
  /** One that there is, which has an id, or what a new one begins with. */
  readonly initial: Backend
  readonly close: () => void
}

/** A form with all keys that the specification has for this kind of authenticator. */
export function AuthenticatorEditor(props: Props) {
  const { data } = useSchema('authentication')
  if (data === undefined) return null
  const { mechanism, backend } = props.initial
  // They cannot be changed, and say which forms there are.
  const settled = {
    mechanism: String(mechanism),
    ...(typeof backend === 'string' && { backend }),
  }
  return <Editor {...props} settled={settled} schema={formsWith(itemsOf(data) ?? {}, settled)} />
}

interface EditorProps extends Props {
  readonly settled: { readonly mechanism: string; readonly backend?: string }
  readonly schema: FormSchema
}

function Editor({ initial, close, settled, schema }: EditorProps) {
  const t = useTexts(TEXTS)
  const titleOf = useTitleOf()
  const id = initial['id'] === undefined ? undefined : idOf(initial)
  const toBody = (fields: Group) => ({
    ...settled,
    ...(writtenOf(schema, fields) as Group | undefined),
  })
  const save = async (body: ReturnType<typeof toBody>): Promise<unknown> =>
    id === undefined
      ? call<Chain['create']>('POST', PATH, { params: {}, body })
      : call<Chain['update']>('PUT', `${PATH}/{id}`, { params: { id }, body })
  return (
    <FormDrawer
      title={
        id === undefined
          ? `${t('add')}: ${titleOf(Object.values(settled).join(':'))}`
          : t('editOne', { name: titleOf(id) })
      }
      initial={initialOf(schema, initial) as Group}
      toBody={toBody}
      save={save}
      done={t('saved')}
      stale={['authenticators']}
      close={close}
    >
      <GroupPart name="" schema={schema} full={[]} at={[]} />
    </FormDrawer>
  )
}
