import {
  AlertOutlined,
  ApartmentOutlined,
  ApiOutlined,
  AppstoreOutlined,
  AuditOutlined,
  BugOutlined,
  ControlOutlined,
  DashboardOutlined,
  DisconnectOutlined,
  FieldTimeOutlined,
  HourglassOutlined,
  IdcardOutlined,
  InfoCircleOutlined,
  KeyOutlined,
  LaptopOutlined,
  LineChartOutlined,
  PushpinOutlined,
  PartitionOutlined,
  RetweetOutlined,
  SafetyOutlined,
  SaveOutlined,
  SendOutlined,
  StopOutlined,
  TagsOutlined,
  TeamOutlined,
  ThunderboltOutlined,
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
  authentication: IdcardOutlined,
  authorization: SafetyOutlined,
  banned: StopOutlined,
  flapping: DisconnectOutlined,
  rules: PartitionOutlined,
  rewrite: RetweetOutlined,
  'auto-subscribe': ThunderboltOutlined,
  'topic-metrics': LineChartOutlined,
  'slow-subscriptions': HourglassOutlined,
  alarms: AlertOutlined,
  trace: BugOutlined,
  configuration: ControlOutlined,
  audit: AuditOutlined,
  listeners: ApiOutlined,
  users: TeamOutlined,
  'api-keys': KeyOutlined,
  backup: SaveOutlined,
  about: InfoCircleOutlined,
  'websocket-client': SendOutlined,
}

/** The sign of a page in the menu. */
export function PageIcon({ page }: { page: PageKey }) {
  const Icon = ICONS[page] ?? AppstoreOutlined
  return <Icon />
}
