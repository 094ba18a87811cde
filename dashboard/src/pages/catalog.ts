import type { ComponentType } from 'react'

/** Groups of the menu, in the order in which they show. */
export const PAGE_GROUPS = ['monitor', 'access', 'rules', 'mqtt', 'diagnose', 'manage'] as const
export type PageGroup = (typeof PAGE_GROUPS)[number]

/** A page of the dashboard. Its code is loaded when somebody opens it. */
export interface Page {
  /** Its place in the address, and the key of its title in `shell/menu-texts.ts`. */
  readonly key: string
  readonly group: PageGroup
  /** Only administrators have a use for it. */
  readonly administratorsOnly?: boolean
  readonly load: () => Promise<{ default: ComponentType }>
}

/** Every page: one folder and one line. A page takes what is below its own path as it likes. */
export const PAGES = [
  { key: 'overview', group: 'monitor', load: () => import('./overview/overview-page.tsx') },
  { key: 'clients', group: 'monitor', load: () => import('./clients/clients-page.tsx') },
  {
    key: 'subscriptions',
    group: 'monitor',
    load: () => import('./subscriptions/subscriptions-page.tsx'),
  },
  { key: 'topics', group: 'monitor', load: () => import('./topics/topics-page.tsx') },
  { key: 'retained', group: 'monitor', load: () => import('./retained/retained-page.tsx') },
  { key: 'delayed', group: 'monitor', load: () => import('./delayed/delayed-page.tsx') },
  {
    key: 'websocket-client',
    group: 'diagnose',
    load: () => import('./websocket-client/websocket-client-page.tsx'),
  },
  {
    key: 'authentication',
    group: 'access',
    load: () => import('./authentication/authentication-page.tsx'),
  },
  {
    key: 'authorization',
    group: 'access',
    load: () => import('./authorization/authorization-page.tsx'),
  },
  { key: 'banned', group: 'access', load: () => import('./banned/banned-page.tsx') },
  { key: 'flapping', group: 'access', load: () => import('./flapping/flapping-page.tsx') },
  { key: 'rules', group: 'rules', load: () => import('./rules/rules-page.tsx') },
  { key: 'actions', group: 'rules', load: () => import('./integrations/actions-page.tsx') },
  { key: 'sources', group: 'rules', load: () => import('./integrations/sources-page.tsx') },
  { key: 'connectors', group: 'rules', load: () => import('./integrations/connectors-page.tsx') },
  { key: 'schemas', group: 'rules', load: () => import('./schemas/schemas-page.tsx') },
  {
    key: 'validations',
    group: 'rules',
    load: () => import('./pipeline/validations-page.tsx'),
  },
  {
    key: 'transformations',
    group: 'rules',
    load: () => import('./pipeline/transformations-page.tsx'),
  },
  { key: 'rewrite', group: 'mqtt', load: () => import('./rewrite/rewrite-page.tsx') },
  {
    key: 'auto-subscribe',
    group: 'mqtt',
    load: () => import('./auto-subscribe/auto-subscribe-page.tsx'),
  },
  {
    key: 'topic-metrics',
    group: 'mqtt',
    load: () => import('./topic-metrics/topic-metrics-page.tsx'),
  },
  {
    key: 'slow-subscriptions',
    group: 'diagnose',
    load: () => import('./slow-subscriptions/slow-subscriptions-page.tsx'),
  },
  { key: 'trace', group: 'diagnose', load: () => import('./trace/trace-page.tsx') },
  { key: 'alarms', group: 'diagnose', load: () => import('./alarms/alarms-page.tsx') },
  {
    key: 'logs',
    group: 'diagnose',
    administratorsOnly: true,
    load: () => import('./logs/logs-page.tsx'),
  },
  { key: 'audit', group: 'diagnose', load: () => import('./audit/audit-page.tsx') },
  { key: 'listeners', group: 'manage', load: () => import('./listeners/listeners-page.tsx') },
  {
    key: 'configuration',
    group: 'manage',
    load: () => import('./configuration/configuration-page.tsx'),
  },
  { key: 'users', group: 'manage', load: () => import('./users/users-page.tsx') },
  { key: 'api-keys', group: 'manage', load: () => import('./api-keys/api-keys-page.tsx') },
  {
    key: 'backup',
    group: 'manage',
    administratorsOnly: true,
    load: () => import('./backup/backup-page.tsx'),
  },
  { key: 'about', group: 'manage', load: () => import('./about/about-page.tsx') },
] as const satisfies readonly Page[]

export type PageKey = (typeof PAGES)[number]['key']
