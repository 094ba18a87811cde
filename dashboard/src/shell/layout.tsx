import { LogoutOutlined, MenuOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Alert, Button, ConfigProvider, Flex, Grid, Layout as AntLayout, theme } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { Navigate, Route, Routes, useLocation } from 'react-router'
import { request } from '../api/http.ts'
import { useReachable } from '../api/reachable.ts'
import { endSession, type Session } from '../api/session.ts'
import { ErrorBoundary } from '../components/error-boundary.tsx'
import { PreferenceSwitches } from '../components/preference-switches.tsx'
import { Waiting } from '../components/waiting.tsx'
import { useTexts } from '../i18n/i18n.ts'
import { PAGES } from '../pages/catalog.ts'
import { Brand } from './brand.tsx'
import { NodeState } from './node-state.tsx'
import { PageMenu } from './page-menu.tsx'
import { TEXTS } from './menu-texts.ts'

const MenuDrawer = lazy(() => import('./menu-drawer.tsx'))

const MENU_WIDTH = 232
const RETRY_MS = 2_000

const ROUTES = PAGES.map(({ key, load }) => ({ key, Page: lazy(load) }))

/** What stands around every page: menu, who is signed in, whether the broker is there. */
export default function Layout({ session }: { session: Session }) {
  const t = useTexts(TEXTS)
  const { token } = theme.useToken()
  const isWide = Grid.useBreakpoint().lg ?? true
  const [isMenuOpen, setMenuOpen] = useState(false)
  const close = () => setMenuOpen(false)
  const header = { background: token.colorBgContainer, padding: '0 16px', height: 56 }
  return (
    <AntLayout style={{ minHeight: '100%' }}>
      <a className="skip-link" href="#content">
        {t('skip')}
      </a>
      <SideMenu isWide={isWide} isOpen={isMenuOpen} close={close} />
      <AntLayout>
        <AntLayout.Header style={header}>
          <Flex align="center" justify="space-between" style={{ height: 56 }}>
            <Flex align="center" gap={8}>
              {!isWide && (
                <Button
                  type="text"
                  icon={<MenuOutlined />}
                  aria-label={t('menu')}
                  onClick={() => setMenuOpen(true)}
                />
              )}
              {isWide && <NodeState />}
            </Flex>
            <Flex align="center" gap={4}>
              <PreferenceSwitches />
              <SignedIn session={session} showName={isWide} />
            </Flex>
          </Flex>
        </AntLayout.Header>
        <ReachableAlert />
        <AntLayout.Content id="content" tabIndex={-1} style={{ padding: isWide ? 24 : 12 }}>
          <main style={{ maxWidth: 1680, margin: '0 auto' }}>
            <PageRoutes />
          </main>
        </AntLayout.Content>
      </AntLayout>
    </AntLayout>
  )
}

interface SideMenuProps {
  readonly isWide: boolean
  readonly isOpen: boolean
  readonly close: () => void
}

/** At the side of a wide window; in a narrow one it comes when it is called. */
function SideMenu({ isWide, isOpen, close }: SideMenuProps) {
  if (!isWide) {
    return (
      <Suspense fallback={null}>
        <MenuDrawer widthPx={MENU_WIDTH + 24} isOpen={isOpen} close={close} />
      </Suspense>
    )
  }
  return (
    <AntLayout.Sider
      width={MENU_WIDTH}
      className="side-menu"
      style={{ height: '100vh', position: 'sticky', top: 0, overflowY: 'auto' }}
    >
      <Brand />
      <PageMenu opened={close} />
    </AntLayout.Sider>
  )
}

function SignedIn({ session, showName }: { session: Session; showName: boolean }) {
  const t = useTexts(TEXTS)
  function signOut(): void {
    const body = { username: session.username }
    // The session ends here in any case; whether the broker heard of it is seen at the next call.
    request('POST', '/logout', { body, token: session.token }).catch(() => undefined)
    endSession()
  }
  return (
    <Button type="text" icon={<LogoutOutlined />} title={t('signOut')} onClick={signOut}>
      {showName ? session.username : ''}
    </Button>
  )
}

/** As long as the broker is away, it is asked again until it is back. */
function ReachableAlert() {
  const t = useTexts(TEXTS)
  const isReachable = useReachable()
  useQuery({
    queryKey: ['reachable'],
    queryFn: ({ signal }) => request('GET', '/nodes', { signal }),
    enabled: !isReachable,
    refetchInterval: RETRY_MS,
    retry: false,
  })
  return isReachable ? null : <Alert banner type="error" title={t('lost')} role="alert" />
}

function PageRoutes() {
  const t = useTexts(TEXTS)
  const [, page] = useLocation().pathname.split('/')
  return (
    <ErrorBoundary key={page}>
      <ConfigProvider form={{ validateMessages: { required: t('required') } }}>
        <Suspense fallback={<Waiting />}>
          <Routes>
            {ROUTES.map(({ key, Page }) => (
              <Route key={key} path={`/${key}/*`} element={<Page />} />
            ))}
            <Route path="*" element={<Navigate to={`/${PAGES[0].key}`} replace />} />
          </Routes>
        </Suspense>
      </ConfigProvider>
    </ErrorBoundary>
  )
}
