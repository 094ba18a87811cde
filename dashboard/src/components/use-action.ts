import { useQueryClient } from '@tanstack/react-query'
import { App } from 'antd'
import { useState } from 'react'

/** What follows a change. */
export interface ActionOptions {
  /** Said when it worked. */
  readonly done?: string | undefined
  /** Beginnings of the keys of what is to be loaded again. */
  readonly stale?: readonly string[] | undefined
}

/**
 * Runs something that changes the broker: says that it worked, or what the API answered, and loads
 * again what it may have changed.
 */
export function useAction() {
  const { message } = App.useApp()
  const queries = useQueryClient()
  const [isBusy, setBusy] = useState(false)
  async function run(work: () => Promise<unknown>, options: ActionOptions = {}): Promise<boolean> {
    setBusy(true)
    try {
      await work()
      if (options.done !== undefined) void message.success(options.done)
      for (const key of options.stale ?? []) void queries.invalidateQueries({ queryKey: [key] })
      return true
    } catch (error) {
      void message.error(error instanceof Error ? error.message : String(error), 8)
      return false
    } finally {
      setBusy(false)
    }
  }
  return { run, isBusy }
}
