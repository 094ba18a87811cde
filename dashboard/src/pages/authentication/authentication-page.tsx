import type { globalChain } from '#management/contract/authentication.ts'
import { Button } from 'antd'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { type Backend, BackendChain, type ChainApi } from '../../components/backend-chain.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { AuthenticatorEditor } from './authenticator-editor.tsx'
import { idOf, KINDS, useTitleOf } from './kinds.ts'
import { TEXTS } from './texts.ts'
import { UsersDrawer } from './users-drawer.tsx'

type Chain = typeof globalChain

const PATH = '/authentication'
const API: ChainApi = {
  list: (signal) => call<Chain['list']>('GET', PATH, { params: {}, signal }),
  order(ids) {
    const body = ids.map((id) => ({ id }))
    return call<Chain['order']>('PUT', `${PATH}/order`, { params: {}, body })
  },
  update: (id, body) => call<Chain['update']>('PUT', `${PATH}/{id}`, { params: { id }, body }),
  remove: (id) => call<Chain['remove']>('DELETE', `${PATH}/{id}`, { params: { id } }),
  status: (id, signal) =>
    call<Chain['status']>('GET', `${PATH}/{id}/status`, { params: { id }, signal }),
}
const IDS = KINDS.map(({ id }) => id)

/** Who may connect: the chain of authenticators, and the users in the built-in database. */
export default function AuthenticationPage() {
  const t = useTexts(TEXTS)
  const [edited, setEdited] = useState<Backend>()
  const [usersOf, setUsersOf] = useState<string>()
  return (
    <>
      <BackendChain
        api={API}
        queryKey="authenticators"
        t={t}
        kinds={IDS}
        idOf={idOf}
        titleOf={useTitleOf()}
        counters={[
          ['success', t('accepted')],
          ['failed', t('refused')],
          ['nomatch', t('left')],
        ]}
        head={(addButton) => (
          <PageTitle title={t('title')} about={t('about')}>
            {addButton}
          </PageTitle>
        )}
        add={(added) => setEdited(KINDS.find(({ id }) => id === added)?.initial)}
        edit={setEdited}
        buttons={(row) =>
          row['backend'] === 'built_in_database' && (
            <Button size="small" onClick={() => setUsersOf(idOf(row))}>
              {t('users')}
            </Button>
          )
        }
      />
      {edited !== undefined && (
        <AuthenticatorEditor initial={edited} close={() => setEdited(undefined)} />
      )}
      {usersOf !== undefined && <UsersDrawer id={usersOf} close={() => setUsersOf(undefined)} />}
    </>
  )
}
