import type { getConfigSchema } from '#management/contract/configs.ts'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../api/call.ts'
import type { FormSchema } from './form-schema.ts'

/** The schema of a part of the configuration. */
export function useSchema(key: string) {
  return useQuery({
    queryKey: ['config-schema', key],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      const query = { key }
      const found = await call<typeof getConfigSchema>('GET', '/schemas/hotconf', { query, signal })
      return found as FormSchema // JSON schema, which the contract leaves open.
    },
  })
}
