import type { listNodes } from '#management/contract/nodes.ts'
import { useQuery } from '@tanstack/react-query'
import { Badge, Flex, Tag } from 'antd'
import { call } from '../api/call.ts'
import { useReachable } from '../api/reachable.ts'
import { showDuration } from '../format/numbers.ts'
import { useTexts } from '../i18n/i18n.ts'
import { TEXTS } from './menu-texts.ts'

const REFRESH_MS = 15_000

/** Which broker this is, and how long it has been running. */
export function NodeState() {
  const t = useTexts(TEXTS)
  const isReachable = useReachable()
  const { data } = useQuery({
    queryKey: ['nodes'],
    queryFn: ({ signal }) => call<typeof listNodes>('GET', '/nodes', { signal }),
    refetchInterval: REFRESH_MS,
  })
  const [node] = data ?? []
  if (node === undefined) return null
  return (
    <Flex align="center" gap={10}>
      <Badge status={isReachable ? 'success' : 'error'} text={node.node} />
      <Tag style={{ margin: 0 }}>{node.version}</Tag>
      <span className="secondary">{t('running', { time: showDuration(node.uptime) })}</span>
    </Flex>
  )
}
