import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { App as AntApp, ConfigProvider, theme as antTheme } from 'antd'
import enUS from 'antd/locale/en_US'
import zhCN from 'antd/locale/zh_CN'
import { lazy, Suspense } from 'react'
import { BrowserRouter } from 'react-router'
import { ApiError } from '../api/http.ts'
import { useSession } from '../api/session.ts'
import { SignInPage } from '../sign-in/sign-in-page.tsx'
import { usePreferences } from './preferences.ts'
import { Waiting } from '../components/waiting.tsx'

const Layout = lazy(() => import('./layout.tsx'))

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

/** The whole dashboard: theme, language, who is signed in. */
export function App() {
  const { language, theme } = usePreferences()
  const session = useSession()
  const { darkAlgorithm, defaultAlgorithm } = antTheme
  return (
    <ConfigProvider
      locale={language === 'zh' ? zhCN : enUS}
      theme={{
        algorithm: theme === 'dark' ? darkAlgorithm : defaultAlgorithm,
        token: {
          colorPrimary: theme === 'dark' ? '#3aa7c9' : '#0b6e8f',
          colorLink: theme === 'dark' ? '#5cc0de' : '#0a6382',
          colorError: theme === 'dark' ? '#ff7875' : '#c62828',
          borderRadius: 6,
          // antd's own greys are too faint to be read by everybody (WCAG 1.4.3).
          colorTextDescription: theme === 'dark' ? '#a6a6a6' : '#5f5f5f',
          colorTextSecondary: theme === 'dark' ? '#b3b3b3' : '#595959',
          colorTextTertiary: theme === 'dark' ? '#a6a6a6' : '#5f5f5f',
          colorTextPlaceholder: theme === 'dark' ? '#9a9a9a' : '#6b6b6b',
        },
        components: {
          Menu: {
            itemSelectedBg: theme === 'dark' ? '#12323d' : '#e3f1f6',
            itemSelectedColor: theme === 'dark' ? '#7fd0ea' : '#075069',
          },
        },
      }}
    >
      <AntApp style={{ minHeight: '100%' }} className={`theme-${theme}`}>
        <QueryClientProvider client={queries}>
          <BrowserRouter>
            {session === undefined ? (
              <SignInPage />
            ) : (
              <Suspense fallback={<Waiting />}>
                <Layout session={session} />
              </Suspense>
            )}
          </BrowserRouter>
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  )
}
