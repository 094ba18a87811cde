import type { globalChain } from '#management/contract/authentication.ts'
import { UploadOutlined } from '@ant-design/icons'
import { Button, Drawer, Flex, Form, Input, Segmented, Switch, Tag, Upload } from 'antd'
import { useState } from 'react'
import { type Answer, call } from '../../api/call.ts'
import { request } from '../../api/http.ts'
import { useMayChange } from '../../api/session.ts'
import { AddButton } from '../../components/add-button.tsx'
import { FilterInput } from '../../components/filter-input.tsx'
import { FormDrawer } from '../../components/form-drawer.tsx'
import { ServerTable } from '../../components/server-table.tsx'
import { DeleteButton, useActionsColumn } from '../../components/row-actions.tsx'
import { useAction } from '../../components/use-action.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Chain = typeof globalChain
type User = Answer<Chain['listUsers']>['data'][number]

const PATH = '/authentication/{id}/users'
const STALE = ['authentication-users']

/** Users of an authenticator in the built-in database. */
export function UsersDrawer({ id, close }: { id: string; close: () => void }) {
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const [like, setLike] = useState('')
  const [edited, setEdited] = useState<Partial<User>>()
  const actions = useActionsColumn((user: User) => (
    <>
      <Button size="small" disabled={!mayChange} onClick={() => setEdited(user)}>
        {t('changePassword')}
      </Button>
      <DeleteButton
        question={t('removeUserAsk', { name: user.user_id })}
        consequence={t('removeUserLoses')}
        run={() => remove(id, user)}
        stale={STALE}
      />
    </>
  ))
  return (
    <Drawer open onClose={close} size="large" title={t('usersOf', { name: id })}>
      <Flex gap={8} wrap align="center" style={{ marginBottom: 12 }}>
        <FilterInput label={t('user')} hint={t('contains')} width={200} search={setLike} />
        <AddButton onClick={() => setEdited({})}>{t('addUser')}</AddButton>
        <Import id={id} plainOnly={id.startsWith('scram:')} />
      </Flex>
      <ServerTable<User>
        queryKey={[...STALE, id, like]}
        load={async ({ page, limit }, signal) =>
          call<Chain['listUsers']>('GET', PATH, {
            params: { id },
            query: { page, limit, ...(like !== '' && { like_user_id: like }) },
            signal,
          })
        }
        rowKey={({ user_id: userId }) => userId}
        empty={t('noUsers')}
        columns={[
          { title: t('user'), dataIndex: 'user_id' },
          {
            title: t('superuser'),
            dataIndex: 'is_superuser',
            render: (isOne: boolean) => <Tag>{t(isOne ? 'yes' : 'no')}</Tag>,
          },
          actions,
        ]}
      />
      {edited !== undefined && (
        <UserForm id={id} initial={edited} close={() => setEdited(undefined)} />
      )}
    </Drawer>
  )
}

async function remove(id: string, { user_id: userId }: User): Promise<unknown> {
  const params = { id, user_id: userId }
  return call<Chain['deleteUser']>('DELETE', `${PATH}/{user_id}`, { params })
}

interface Fields {
  readonly user_id: string
  readonly password: string
  readonly is_superuser?: boolean
}

function UserForm(props: { id: string; initial: Partial<Fields>; close: () => void }) {
  const { id, initial, close } = props
  const t = useTexts(TEXTS)
  const { user_id: userId } = initial
  const toBody = ({ user_id: name, password, is_superuser: isSuperuser = false }: Fields) => ({
    ...(userId === undefined && { user_id: name }),
    password,
    is_superuser: isSuperuser,
  })
  const save = async (body: ReturnType<typeof toBody>, fields: Fields): Promise<unknown> =>
    userId === undefined
      ? call<Chain['createUser']>('POST', PATH, {
          params: { id },
          body: { ...body, user_id: fields.user_id },
        })
      : call<Chain['updateUser']>('PUT', `${PATH}/{user_id}`, {
          params: { id, user_id: userId },
          body,
        })
  return (
    <FormDrawer
      title={userId ?? t('addUser')}
      initial={initial}
      toBody={toBody}
      save={save}
      stale={STALE}
      close={close}
    >
      {userId === undefined && (
        <Form.Item name="user_id" label={t('user')} rules={[{ required: true }]}>
          <Input autoComplete="off" />
        </Form.Item>
      )}
      <Form.Item name="password" label={t('password')} rules={[{ required: true }]}>
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <Form.Item name="is_superuser" label={t('superuser')} valuePropName="checked">
        <Switch />
      </Form.Item>
    </FormDrawer>
  )
}

/** Sends a file with users. */
function Import({ id, plainOnly }: { id: string; plainOnly: boolean }) {
  const t = useTexts(TEXTS)
  const { run, isBusy } = useAction()
  const mayChange = useMayChange()
  const [type, setType] = useState<'plain' | 'hash'>('plain')
  const send = async (file: File): Promise<unknown> => {
    const body = new FormData()
    body.append('filename', file)
    const path = `/authentication/${encodeURIComponent(id)}/import_users`
    return run(() => request('POST', path, { query: { type }, body }), {
      done: t('imported'),
      stale: STALE,
    })
  }
  return (
    <>
      {!plainOnly && (
        <Segmented<'plain' | 'hash'>
          aria-label={t('fileHolds')}
          value={type}
          onChange={setType}
          options={[
            { value: 'plain', label: t('plain') },
            { value: 'hash', label: t('hash') },
          ]}
        />
      )}
      <Upload
        accept=".csv,.json"
        showUploadList={false}
        disabled={!mayChange}
        beforeUpload={(file) => {
          void send(file)
          return false
        }}
      >
        <Button
          icon={<UploadOutlined />}
          loading={isBusy}
          disabled={!mayChange}
          title={t('importHint')}
        >
          {t('import')}
        </Button>
      </Upload>
    </>
  )
}
