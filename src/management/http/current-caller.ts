import { AsyncLocalStorage } from 'node:async_hooks'
import type { Caller } from './caller.ts'

const storage = new AsyncLocalStorage<Caller>()

/** Handles a request on behalf of its caller. */
export function onBehalfOf<Result>(caller: Caller, handle: () => Result): Result {
  return storage.run(caller, handle)
}

/** On whose behalf this runs; nobody's outside of requests. For records of who did what. */
export function currentCaller(): Caller {
  return storage.getStore() ?? { kind: 'nobody' }
}
