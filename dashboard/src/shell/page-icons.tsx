import {
  AppstoreOutlined,
  DashboardOutlined,
  LaptopOutlined,
  SendOutlined,
} from '@ant-design/icons'
import type { ComponentType } from 'react'
import type { PageKey } from '../pages/catalog.ts'

const ICONS: Partial<Record<PageKey, ComponentType>> = {
  overview: DashboardOutlined,
  clients: LaptopOutlined,
  'websocket-client': SendOutlined,
}

/** The sign of a page in the menu. */
export function PageIcon({ page }: { page: PageKey }) {
  const Icon = ICONS[page] ?? AppstoreOutlined
  return <Icon />
}
