import type {
  createApiKey,
  deleteApiKey,
  listApiKeys,
  updateApiKey,
} from '#management/contract/api-keys.ts'
import {
  Alert,
  Badge,
  Button,
  DatePicker,
  Descriptions,
  Form,
  Input,
  Modal,
  Select,
  Switch,
  type TableColumnsType,
  Tag,
  Typography,
} from 'antd'
import { useState } from 'react'
import { type Answer, call } from '../../api/call.ts'
import { AddButton } from '../../components/add-button.tsx'
import { FormDrawer } from '../../components/form-drawer.tsx'
import { ListTable } from '../../components/list-table.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { DeleteButton, EditButton, useActionsColumn } from '../../components/row-actions.tsx'
import { showTime } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Key = Answer<typeof listApiKeys>[number]
type NewKey = Answer<typeof createApiKey>
const STALE = ['api-keys']
const ROLES = ['administrator', 'viewer', 'publisher'] as const

/** Keys with which programs use the API. */
export default function ApiKeysPage() {
  const t = useTexts(TEXTS)
  const [edited, setEdited] = useState<Key | 'new'>()
  const [made, setMade] = useState<NewKey>()
  return (
    <>
      <PageTitle title={t('title')} about={t('about')}>
        <AddButton onClick={() => setEdited('new')}>{t('add')}</AddButton>
      </PageTitle>
      <ListTable<Key>
        queryKey={STALE}
        load={(signal) => call<typeof listApiKeys>('GET', '/api_key', { signal })}
        columns={useColumns(setEdited)}
        rowKey={({ name }) => name}
        empty={t('none')}
      />
      {edited !== undefined && (
        <KeyForm
          {...(edited === 'new' ? {} : { old: edited })}
          made={setMade}
          close={() => setEdited(undefined)}
        />
      )}
      {made !== undefined && <Secret made={made} close={() => setMade(undefined)} />}
    </>
  )
}

function useColumns(edit: (key: Key) => void): TableColumnsType<Key> {
  const t = useTexts(TEXTS)
  return [
    { title: t('name'), dataIndex: 'name' },
    { title: t('key'), dataIndex: 'api_key', render: (key: string) => <code>{key}</code> },
    { title: t('role'), dataIndex: 'role', render: (role: Key['role']) => <Tag>{t(role)}</Tag> },
    {
      title: t('state'),
      render: (_, { enable, expired }) => {
        if (expired) return <Badge status="error" text={t('expired')} />
        return enable ? (
          <Badge status="success" text={t('enabled')} />
        ) : (
          <Badge status="default" text={t('disabled')} />
        )
      },
    },
    {
      title: t('until'),
      dataIndex: 'expired_at',
      render: (at: string) => (at === 'infinity' ? t('forEver') : showTime(at)),
    },
    { title: t('since'), dataIndex: 'created_at', render: (at: string) => showTime(at) },
    { title: t('description'), dataIndex: 'desc', render: (text: string) => text || '–' },
    useActionsColumn((key) => (
      <>
        <EditButton edit={() => edit(key)} />
        <DeleteButton
          question={t('removeAsk', { name: key.name })}
          consequence={t('removeLoses')}
          run={() => remove(key)}
          stale={STALE}
        />
      </>
    )),
  ]
}

async function remove({ name }: Key): Promise<unknown> {
  return call<typeof deleteApiKey>('DELETE', '/api_key/{name}', { params: { name } })
}

interface Fields {
  readonly name: string
  readonly role: Key['role']
  readonly enable: boolean
  readonly desc?: string
  readonly until?: { toISOString(): string } | null
}

interface FormProps {
  readonly old?: Key
  readonly made: (key: NewKey) => void
  readonly close: () => void
}

function KeyForm({ old, made, close }: FormProps) {
  const t = useTexts(TEXTS)
  const toBody = ({ name, role, enable, desc = '', until }: Fields) => ({
    ...(old === undefined && { name }),
    role,
    enable,
    desc,
    ...(until !== undefined && until !== null && { expired_at: until.toISOString() }),
  })
  const save = async (body: ReturnType<typeof toBody>, { name }: Fields): Promise<unknown> => {
    if (old !== undefined) {
      const params = { name: old.name }
      return call<typeof updateApiKey>('PUT', '/api_key/{name}', { params, body })
    }
    const key = await call<typeof createApiKey>('POST', '/api_key', { body: { ...body, name } })
    return made(key)
  }
  return (
    <FormDrawer
      title={old === undefined ? t('add') : old.name}
      initial={old ?? { role: 'administrator', enable: true }}
      toBody={toBody}
      save={save}
      stale={STALE}
      close={close}
    >
      {old === undefined && (
        <Form.Item name="name" label={t('name')} rules={[{ required: true }]}>
          <Input />
        </Form.Item>
      )}
      <Form.Item name="role" label={t('role')} extra={t('roleHint')}>
        <Select options={ROLES.map((value) => ({ value, label: t(value) }))} />
      </Form.Item>
      <Form.Item name="enable" label={t('enabled')} valuePropName="checked">
        <Switch />
      </Form.Item>
      <Form.Item name="until" label={t('until')} extra={t('untilHint')}>
        <DatePicker showTime style={{ width: '100%' }} />
      </Form.Item>
      <Form.Item name="desc" label={t('description')}>
        <Input />
      </Form.Item>
    </FormDrawer>
  )
}

/** The secret shows once, here. */
function Secret({ made, close }: { made: NewKey; close: () => void }) {
  const t = useTexts(TEXTS)
  return (
    <Modal
      open
      title={t('madeTitle', { name: made.name })}
      onCancel={close}
      footer={
        <Button type="primary" onClick={close}>
          {t('noted')}
        </Button>
      }
      mask={{ closable: false }}
    >
      <Alert type="warning" showIcon title={t('once')} style={{ marginBottom: 16 }} />
      <Descriptions
        column={1}
        items={[
          {
            key: 'key',
            label: t('key'),
            children: <Typography.Text copyable>{made.api_key}</Typography.Text>,
          },
          {
            key: 'secret',
            label: t('secret'),
            children: <Typography.Text copyable>{made.api_secret}</Typography.Text>,
          },
        ]}
      />
    </Modal>
  )
}
