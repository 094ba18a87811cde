import type { listTopicLevels } from '#management/contract/subscriptions.ts'
import { useCallback, useEffect, useState } from 'react'
import { type Answer, call } from '../../api/call.ts'

export type Level = Answer<typeof listTopicLevels>['data'][number]

interface Loaded {
  readonly levels: readonly Level[]
  readonly hasNext: boolean
}

/** Levels that were asked for, by the topic above them; undefined above the first. */
export interface Levels {
  readonly below: (parent: string | undefined) => Loaded | undefined
  /** Loads the first levels below a topic, or those that follow the ones that are there. */
  readonly load: (parent: string | undefined) => Promise<void>
  readonly reload: () => void
  readonly error: unknown
}

/** Loads the levels of topics when somebody wants to see them. */
export function useLevels(): Levels {
  const [loaded, setLoaded] = useState<ReadonlyMap<string | undefined, Loaded>>(new Map())
  const [error, setError] = useState<unknown>()
  const load = useCallback(
    async (parent: string | undefined): Promise<void> =>
      loadAfter(parent, loaded.get(parent)?.levels ?? []).then((next) => {
        setLoaded((all) => new Map(all).set(parent, next))
        setError(undefined)
      }, setError),
    [loaded],
  )
  const isEmpty = loaded.size === 0
  useEffect(() => {
    if (isEmpty && error === undefined) void load(undefined)
  }, [isEmpty, error, load])
  const reload = useCallback(() => {
    setError(undefined)
    setLoaded(new Map())
  }, [])
  return { below: (parent) => loaded.get(parent), load, reload, error }
}

async function loadAfter(parent: string | undefined, before: readonly Level[]): Promise<Loaded> {
  const after = before.at(-1)?.name
  const query = { ...(parent !== undefined && { parent }), ...(after !== undefined && { after }) }
  const { data, meta } = await call<typeof listTopicLevels>('GET', '/topic_levels', { query })
  return { levels: [...before, ...data], hasNext: meta.hasnext }
}
