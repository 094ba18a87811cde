import type {
  changePassword,
  createUser,
  deleteUser,
  listUsers,
  updateUser,
} from '#management/contract/users.ts'
import { Button, Form, Input, Select, type TableColumnsType, Tag } from 'antd'
import { useState } from 'react'
import { type Answer, call } from '../../api/call.ts'
import { endSession, type Session, useMayChange, useSession } from '../../api/session.ts'
import { AddButton } from '../../components/add-button.tsx'
import { FormDrawer } from '../../components/form-drawer.tsx'
import { ListTable } from '../../components/list-table.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { DeleteButton, EditButton, useActionsColumn } from '../../components/row-actions.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type User = Answer<typeof listUsers>[number]
type Edited = { readonly what: 'new' } | { readonly what: 'user' | 'password'; readonly user: User }
const STALE = ['users']
const ROLES = ['administrator', 'viewer'] as const
const PASSWORD_MIN = 8

/** Who may use this dashboard and the API. */
export default function UsersPage() {
  const t = useTexts(TEXTS)
  const [edited, setEdited] = useState<Edited>()
  const close = () => setEdited(undefined)
  return (
    <>
      <PageTitle title={t('title')} about={t('about')}>
        <AddButton onClick={() => setEdited({ what: 'new' })}>{t('add')}</AddButton>
      </PageTitle>
      <ListTable<User>
        queryKey={STALE}
        load={(signal) => call<typeof listUsers>('GET', '/users', { signal })}
        columns={useColumns(setEdited)}
        rowKey={({ username, backend }) => `${backend}:${username}`}
        empty="–"
      />
      {edited?.what === 'password' && <PasswordForm user={edited.user} close={close} />}
      {edited?.what === 'new' && <UserForm close={close} />}
      {edited?.what === 'user' && <UserForm user={edited.user} close={close} />}
    </>
  )
}

function useColumns(edit: (edited: Edited) => void): TableColumnsType<User> {
  const t = useTexts(TEXTS)
  const session = useSession()
  const mayChange = useMayChange()
  return [
    { title: t('username'), dataIndex: 'username' },
    {
      title: t('backend'),
      dataIndex: 'backend',
      render: (backend: User['backend']) => (backend === 'local' ? '–' : backend.toUpperCase()),
    },
    { title: t('role'), dataIndex: 'role', render: (role: User['role']) => <Tag>{t(role)}</Tag> },
    { title: t('description'), dataIndex: 'description', render: (text: string) => text || '–' },
    useActionsColumn((user) => {
      const isOwn = isUserOf(session, user)
      return (
        <>
          <Button
            size="small"
            disabled={user.backend !== 'local' || (!mayChange && !isOwn)}
            onClick={() => edit({ what: 'password', user })}
          >
            {t('changePassword')}
          </Button>
          <EditButton edit={() => edit({ what: 'user', user })} />
          <DeleteButton
            question={t('removeAsk', { name: user.username })}
            consequence={t('removeLoses')}
            disabled={isOwn}
            run={() => call<typeof deleteUser>('DELETE', '/users/{username}', placeOf(user))}
            stale={STALE}
          />
        </>
      )
    }),
  ]
}

/** Where the API has a user. */
function placeOf({ username, backend }: User) {
  return {
    params: { username },
    query: { backend: backend === 'oidc' || backend === 'ldap' ? backend : 'local' },
  } as const
}

function isUserOf(session: Session | undefined, { username, backend }: User): boolean {
  return session?.username === username && (session.backend ?? 'local') === backend
}

interface Fields {
  readonly username: string
  readonly password: string
  readonly role: User['role']
  readonly description?: string
}

function UserForm({ user, close }: { user?: User; close: () => void }) {
  const t = useTexts(TEXTS)
  const toBody = ({ username, password, role, description = '' }: Fields) =>
    user === undefined ? { username, password, role, description } : { role, description }
  const save = async (body: ReturnType<typeof toBody>, fields: Fields): Promise<unknown> =>
    user === undefined
      ? call<typeof createUser>('POST', '/users', { body: { ...fields, ...body } })
      : call<typeof updateUser>('PUT', '/users/{username}', { ...placeOf(user), body })
  return (
    <FormDrawer
      title={user === undefined ? t('add') : user.username}
      initial={user ?? { role: 'viewer' }}
      toBody={toBody}
      save={save}
      stale={STALE}
      close={close}
    >
      {user === undefined && (
        <>
          <Form.Item name="username" label={t('username')} rules={[{ required: true }]}>
            <Input autoComplete="off" />
          </Form.Item>
          <Form.Item
            name="password"
            label={t('password')}
            extra={t('passwordHint')}
            rules={[{ required: true, min: PASSWORD_MIN, message: t('passwordHint') }]}
          >
            <Input.Password autoComplete="new-password" />
          </Form.Item>
        </>
      )}
      <Form.Item name="role" label={t('role')} extra={t('roleHint')}>
        <Select options={ROLES.map((value) => ({ value, label: t(value) }))} />
      </Form.Item>
      <Form.Item name="description" label={t('description')}>
        <Input />
      </Form.Item>
    </FormDrawer>
  )
}

interface Passwords {
  readonly old_pwd?: string
  readonly new_pwd: string
}

function PasswordForm({ user, close }: { user: User; close: () => void }) {
  const t = useTexts(TEXTS)
  const isOwn = isUserOf(useSession(), user)
  const save = async (body: Passwords): Promise<void> => {
    const params = { username: user.username }
    await call<typeof changePassword>('POST', '/users/{username}/change_pwd', { params, body })
    if (isOwn) endSession()
  }
  return (
    <FormDrawer
      title={t('passwordOf', { name: user.username })}
      initial={{}}
      toBody={(fields: Passwords) => fields}
      save={save}
      done={t('passwordChanged')}
      close={close}
    >
      {isOwn && (
        <Form.Item name="old_pwd" label={t('oldPassword')} rules={[{ required: true }]}>
          <Input.Password autoComplete="current-password" />
        </Form.Item>
      )}
      <Form.Item
        name="new_pwd"
        label={t('newPassword')}
        extra={t('passwordHint')}
        rules={[{ required: true, min: PASSWORD_MIN, message: t('passwordHint') }]}
      >
        <Input.Password autoComplete="new-password" />
      </Form.Item>
    </FormDrawer>
  )
}
