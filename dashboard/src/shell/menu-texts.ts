import { defineTexts } from '../i18n/i18n.ts'
import type { PageGroup, PageKey } from '../pages/catalog.ts'

type Key = PageKey | `group-${PageGroup}` | 'menu' | 'signOut' | 'lost' | 'skip' | 'running'

/** Titles of pages and groups, and what stands around the pages. */
export const TEXTS = defineTexts<Key>(
  'shell',
  {
    menu: 'Menu',
    signOut: 'Sign out',
    lost: 'The broker does not answer. What you see may be old; it is tried again every 2 seconds.',
    skip: 'Skip to the content',
    running: 'running for {{time}}',
    'group-monitor': 'Monitor',
    'group-access': 'Access control',
    'group-rules': 'Rules and integrations',
    'group-mqtt': 'Extensions of MQTT',
    'group-diagnose': 'Diagnose',
    'group-manage': 'System',
    overview: 'Overview',
    clients: 'Clients',
    subscriptions: 'Subscriptions',
    topics: 'Topics',
    retained: 'Retained messages',
    delayed: 'Delayed messages',
    'websocket-client': 'WebSocket client',
  },
  {
    menu: '菜单',
    signOut: '退出登录',
    lost: '无法连接到服务器，当前显示的内容可能已过期，每 2 秒重试一次。',
    skip: '跳到主要内容',
    running: '已运行 {{time}}',
    'group-monitor': '监控',
    'group-access': '访问控制',
    'group-rules': '规则与集成',
    'group-mqtt': 'MQTT 扩展',
    'group-diagnose': '问题分析',
    'group-manage': '系统设置',
    overview: '概览',
    clients: '客户端',
    subscriptions: '订阅',
    topics: '主题',
    retained: '保留消息',
    delayed: '延迟消息',
    'websocket-client': 'WebSocket 客户端',
  },
)
