import type { getRuleMetrics } from '#management/contract/rules.ts'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../api/call.ts'

const REFRESH_MS = 5_000

/** Numbers of a rule, as long as somebody looks; of one that is being made there are none. */
export function useRuleMetrics(id: string, isNew = false) {
  const { data } = useQuery({
    queryKey: ['rules', 'numbers', id],
    queryFn: ({ signal }) =>
      call<typeof getRuleMetrics>('GET', '/rules/{id}/metrics', { params: { id }, signal }),
    enabled: !isNew,
    refetchInterval: REFRESH_MS,
  })
  return data?.metrics
}
