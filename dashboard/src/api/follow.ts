import type { EventOf, OperationSpec } from '#management/contract/operation.ts'
import { ApiError, type QueryValue, send } from './http.ts'

const RETRY_MS = 3_000

/** What a reply that goes on sends. */
type StreamEvent<O extends OperationSpec> = EventOf<O['replies'][200]>

interface StreamOptions<Event> {
  readonly query?: Readonly<Record<string, QueryValue>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** Ends it. */
  readonly signal: AbortSignal
  readonly event: (event: Event) => void
}

interface Options<Event> extends StreamOptions<Event> {
  /** Why nothing comes; undefined once it does again. */
  readonly failed?: (error: ApiError | undefined) => void
}

/**
 * Follows server-sent events of the API, and connects again when they stop coming. The browser's
 * own EventSource cannot send a token.
 */
export async function follow<O extends OperationSpec>(
  path: O['path'],
  { failed, ...options }: Options<StreamEvent<O>>,
): Promise<void> {
  const { signal } = options
  while (!signal.aborted) {
    try {
      await readStream<O>('GET', path, options, () => failed?.(undefined))
    } catch (error) {
      if (signal.aborted) return
      failed?.(error instanceof ApiError ? error : new ApiError(0, 'UNREACHABLE', String(error)))
      // Who is not allowed to listen, or not signed in any more, will not be by asking again.
      if (error instanceof ApiError && [401, 403, 404].includes(error.status)) return
    }
    await pause(RETRY_MS, signal)
  }
}

/**
 * Reads server-sent events of the API until they end.
 * @param opened it is let in
 * @throws ApiError; the reason of the signal when that has ended it
 */
export async function readStream<O extends OperationSpec>(
  method: O['method'],
  path: O['path'],
  { query, body, signal, event }: StreamOptions<StreamEvent<O>>,
  opened?: () => void,
): Promise<void> {
  const response = await send(method, path, { ...(query && { query }), body, signal })
  opened?.()
  await readEvents(response, (text) => event(JSON.parse(text) as StreamEvent<O>))
}

async function readEvents(response: Response, event: (data: string) => void): Promise<void> {
  const stream = response.body?.pipeThrough(new TextDecoderStream())
  if (stream === undefined) return
  let rest = ''
  for await (const part of stream) {
    const blocks = (rest + part).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = block.split('\n').filter((line) => line.startsWith('data: '))
      if (data.length > 0) event(data.map((line) => line.slice(6)).join('\n'))
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
