import type { globalChain } from '#management/contract/authentication.ts'
import { PlusOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Dropdown, Switch, type TableColumnsType } from 'antd'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { useMayChange } from '../../api/session.ts'
import { BackendStatus } from '../../components/backend-status.tsx'
import { Failure } from '../../components/failure.tsx'
import { OrderedTable } from '../../components/ordered-table.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { DeleteButton, EditButton, useActionsColumn } from '../../components/row-actions.tsx'
import { useAction } from '../../components/use-action.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { AuthenticatorEditor } from './authenticator-editor.tsx'
import { type Authenticator, idOf, KINDS, titleOf } from './kinds.ts'
import { TEXTS } from './texts.ts'
import { UsersDrawer } from './users-drawer.tsx'

type Chain = typeof globalChain

const PATH = '/authentication'
const STALE = ['authenticators']

/** Who may connect: the chain of authenticators, and the users in the built-in database. */
export default function AuthenticationPage() {
  const t = useTexts(TEXTS)
  const { run } = useAction()
  const mayChange = useMayChange()
  const [edited, setEdited] = useState<Authenticator>()
  const [usersOf, setUsersOf] = useState<string>()
  const { data, error, isPending, refetch } = useQuery({
    queryKey: STALE,
    queryFn: ({ signal }) => call<Chain['list']>('GET', PATH, { params: {}, signal }),
  })
  if (error !== null && data === undefined) {
    return <Failure error={error} retry={() => void refetch()} />
  }
  const free = KINDS.filter(({ id }) => data?.every((row) => idOf(row) !== id) ?? true)
  const reorder = (rows: readonly Authenticator[]): void => {
    const body = rows.map((row) => ({ id: idOf(row) }))
    void run(() => call<Chain['order']>('PUT', `${PATH}/order`, { params: {}, body }), {
      done: t('saved'),
      stale: STALE,
    })
  }
  return (
    <>
      <PageTitle title={t('title')} about={t('about')}>
        <Dropdown
          trigger={['click']}
          disabled={!mayChange || free.length === 0}
          menu={{
            items: free.map(({ id, title }) => ({ key: id, label: title })),
            onClick: ({ key }) => setEdited(KINDS.find(({ id }) => id === key)?.initial),
          }}
        >
          <Button type="primary" icon={<PlusOutlined />}>
            {t('add')}
          </Button>
        </Dropdown>
      </PageTitle>
      <OrderedTable<Authenticator>
        rows={data}
        isLoading={isPending}
        nameOf={idOf}
        columns={useColumns(setEdited, setUsersOf)}
        empty={t('none')}
        reorder={reorder}
      />
      {edited !== undefined && (
        <AuthenticatorEditor initial={edited} close={() => setEdited(undefined)} />
      )}
      {usersOf !== undefined && <UsersDrawer id={usersOf} close={() => setUsersOf(undefined)} />}
    </>
  )
}

function useColumns(
  edit: (row: Authenticator) => void,
  showUsers: (id: string) => void,
): TableColumnsType<Authenticator> {
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const { run, isBusy } = useAction()
  const enable = (row: Authenticator, isOn: boolean): void => {
    const params = { id: idOf(row) }
    const body = { ...row, enable: isOn }
    void run(() => call<Chain['update']>('PUT', `${PATH}/{id}`, { params, body }), {
      done: t('saved'),
      stale: STALE,
    })
  }
  return [
    { title: t('kind'), render: (_, row) => titleOf(idOf(row)) },
    {
      title: t('enable'),
      render: (_, row) => (
        <Switch
          size="small"
          aria-label={t('enableOne', { name: titleOf(idOf(row)) })}
          checked={row['enable'] === true}
          disabled={!mayChange || isBusy}
          onChange={(isOn) => enable(row, isOn)}
        />
      ),
    },
    {
      title: t('state'),
      render: (_, row) => (
        <BackendStatus
          queryKey={['authenticator-status', idOf(row)]}
          load={async (signal) =>
            call<Chain['status']>('GET', `${PATH}/{id}/status`, {
              params: { id: idOf(row) },
              signal,
            })
          }
          counters={[
            ['success', t('accepted')],
            ['failed', t('refused')],
            ['nomatch', t('left')],
          ]}
        />
      ),
    },
    useActionsColumn((row) => (
      <>
        {row['backend'] === 'built_in_database' && (
          <Button size="small" onClick={() => showUsers(idOf(row))}>
            {t('users')}
          </Button>
        )}
        <EditButton edit={() => edit(row)} />
        <DeleteButton
          question={t('removeAsk', { name: titleOf(idOf(row)) })}
          consequence={t('removeLoses')}
          run={() => remove(idOf(row))}
          stale={STALE}
        />
      </>
    )),
  ]
}

async function remove(id: string): Promise<unknown> {
  return call<Chain['remove']>('DELETE', `${PATH}/{id}`, { params: { id } })
}
