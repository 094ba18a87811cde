/** One thing that happened to a client. */
interface Event {
  readonly atMs: number
  readonly run: number
  readonly client: string
  readonly what: string
  /** Empty for what concerns the connection. */
  readonly topic: string
  readonly number: number
  readonly detail: string
}

const EVENTS_MAX = 400_000
/** Messages before and after the one in question that a story tells of, too. */
const NEIGHBOURS = 1
const LINES_MAX = 120

/** What happened to whom, for the story of a message that went wrong. */
export class EventLog {
  readonly #events: Event[] = []
  #next = 0

  add(run: number, client: string, what: string, topic = '', number = 0, detail = ''): void {
    const event = { atMs: performance.now(), run, client, what, topic, number, detail }
    this.#events[this.#next] = event
    this.#next = (this.#next + 1) % EVENTS_MAX
  }

  /** Everything about one message, with what happened to the connections of those who had it. */
  story(topic: string, number: number): string {
    const ordered = [...this.#events.slice(this.#next), ...this.#events.slice(0, this.#next)]
    const near = ordered.filter((event) => {
      return event.topic === topic && Math.abs(event.number - number) <= NEIGHBOURS
    })
    const runs = new Set(near.map(({ run }) => run))
    const clients = new Set(near.map(({ client }) => client))
    const lines = ordered.filter((event) => {
      if (!runs.has(event.run)) return false
      if (event.topic !== '') return near.includes(event)
      return event.client === '' || clients.has(event.client)
    })
    return lines.slice(0, LINES_MAX).map(format).join('\n')
  }
}

function format({ atMs, run, client, what, topic, number, detail }: Event): string {
  const message = topic === '' ? '' : ` ${topic} ${number}`
  return `  ${atMs.toFixed(1)} run ${run} ${client} ${what}${message} ${detail}`
}
