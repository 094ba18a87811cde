import {
  ApartmentOutlined,
  AppstoreOutlined,
  DashboardOutlined,
  FieldTimeOutlined,
  LaptopOutlined,
  PushpinOutlined,
  SendOutlined,
  TagsOutlined,
} from '@ant-design/icons'
import type { ComponentType } from 'react'
import type { PageKey } from '../pages/catalog.ts'

const ICONS: Partial<Record<PageKey, ComponentType>> = {
  overview: DashboardOutlined,
  clients: LaptopOutlined,
  subscriptions: TagsOutlined,
  topics: ApartmentOutlined,
  retained: PushpinOutlined,
  delayed: FieldTimeOutlined,
  'websocket-client': SendOutlined,
}

/** The sign of a page in the menu. */
export function PageIcon({ page }: { page: PageKey }) {
  const Icon = ICONS[page] ?? AppstoreOutlined
  return <Icon />
}
