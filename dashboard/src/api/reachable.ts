import { useSyncExternalStore } from 'react'

const listeners = new Set<() => void>()
let isReachable = true

/** Every call of the API tells whether the broker answered. */
export function reportReachable(reached: boolean): void {
  if (reached === isReachable) return
  isReachable = reached
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** False from the first call that the broker did not answer until it answers again. */
export function useReachable(): boolean {
  return useSyncExternalStore(subscribe, () => isReachable)
}
