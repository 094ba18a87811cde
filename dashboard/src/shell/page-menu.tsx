import { Menu } from 'antd'
import { useEffect, useRef } from 'react'
import { Link, useLocation } from 'react-router'
import { useSession } from '../api/session.ts'
import { useTexts } from '../i18n/i18n.ts'
import { PAGE_GROUPS, PAGES, type Page, type PageKey } from '../pages/catalog.ts'
import { PageIcon } from './page-icons.tsx'
import { TEXTS } from './menu-texts.ts'

/** Links to all pages that the person has a use for, by group. */
export function PageMenu({ opened }: { opened: () => void }) {
  const t = useTexts(TEXTS)
  const { pathname } = useLocation()
  const place = useRef<HTMLElement>(null)
  const selected = pathname.split('/')[1] ?? ''
  // The page that is open may stand further down than the window shows.
  useEffect(() => {
    place.current?.querySelector('.ant-menu-item-selected')?.scrollIntoView({ block: 'nearest' })
  }, [selected])
  const isAdministrator = useSession()?.role === 'administrator'
  const pages: readonly (Page & { readonly key: PageKey })[] = PAGES
  const items = PAGE_GROUPS.map((group) => ({
    key: `group-${group}`,
    type: 'group' as const,
    label: t(`group-${group}`),
    children: pages
      .filter((page) => page.group === group)
      .filter(({ administratorsOnly }) => isAdministrator || administratorsOnly !== true)
      .map(({ key }) => ({
        key,
        icon: <PageIcon page={key} />,
        label: <Link to={`/${key}`}>{t(key)}</Link>,
      })),
  })).filter(({ children }) => children.length > 0)
  return (
    <nav ref={place} aria-label={t('menu')}>
      <Menu
        theme="dark"
        mode="inline"
        items={items}
        selectedKeys={[selected]}
        onClick={opened}
        style={{ borderInlineEnd: 'none' }}
      />
    </nav>
  )
}
