/** Server-sent events as a client reads them. */
import assert from 'node:assert/strict'

/** The events of a reply, as long as they come. */
export async function* eventsOf<Event>(response: Response): AsyncGenerator<Event> {
  assert.equal(response.status, 200)
  let text = ''
  const stream = response.body?.pipeThrough(new TextDecoderStream())
  if (stream === undefined) return
  for await (const part of stream) {
    text += part
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      if (block.startsWith('data: ')) yield JSON.parse(block.slice(6))
    }
  }
}

/** The next event, which has to come. */
export async function nextEvent<Event>(events: AsyncGenerator<Event>): Promise<Event> {
  const { value, done } = await events.next()
  assert.ok(done !== true)
  return value
}
