import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { App as AntApp, ConfigProvider } from 'antd'
import enUS from 'antd/locale/en_US'
import zhCN from 'antd/locale/zh_CN'
import { lazy, Suspense } from 'react'
import { BrowserRouter } from 'react-router'
import { ApiError } from '../api/http.ts'
import { useSession } from '../api/session.ts'
import { getPreferences, subscribeToPreferences, usePreferences } from './preferences.ts'
import { themeOf } from './theme.ts'
import { Waiting } from '../components/waiting.tsx'

// Each of them comes alone: who has signed in needs no form, and who has not needs no menu.
const Layout = lazy(() => import('./layout.tsx'))
const SignInPage = lazy(() => import('../sign-in/sign-in-page.tsx'))

const RETRIES = 2

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the API refused it refuses again; only what did not arrive is worth a new try.
      retry: (failures, error) =>
        failures < RETRIES && error instanceof ApiError && error.status === 0,
    },
  },
})

// What the broker says of its keys it says in the language that is chosen.
let language = getPreferences().language
subscribeToPreferences(() => {
  if (language === getPreferences().language) return
  language = getPreferences().language
  void queries.invalidateQueries()
})

/** The whole dashboard: theme, language, who is signed in. */
export function App() {
  const { language, theme } = usePreferences()
  const session = useSession()
  return (
    <ConfigProvider
      locale={language === 'zh' ? zhCN : enUS}
      theme={themeOf(theme)}
      button={{ autoInsertSpace: false }}
    >
      <AntApp style={{ minHeight: '100%' }} className={`theme-${theme}`}>
        <QueryClientProvider client={queries}>
          <BrowserRouter>
            <Suspense fallback={<Waiting />}>
              {session === undefined ? <SignInPage /> : <Layout session={session} />}
            </Suspense>
          </BrowserRouter>
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  )
}
