import { Readable } from 'node:stream'

/** What browsers wait before they connect again. */
const RETRY = 'retry: 3000\n\n'

/**
 * Server-sent events as the text that is sent, one chunk for each; they are asked for no faster
 * than the caller reads.
 * @param mayGoOn asked before each event: the login may have ended meanwhile
 */
export function toEventStream(events: AsyncIterable<unknown>, mayGoOn: () => boolean): Readable {
  return Readable.from(linesOf(events, mayGoOn), { objectMode: true, highWaterMark: 1 })
}

async function* linesOf(
  events: AsyncIterable<unknown>,
  mayGoOn: () => boolean,
): AsyncGenerator<string> {
  yield RETRY
  for await (const event of events) {
    if (!mayGoOn()) return
    yield `data: ${JSON.stringify(event)}\n\n`
  }
}
