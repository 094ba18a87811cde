import { DriverError } from '#drivers/driver-error.ts'

/** When requests are sent. */
export interface ProduceLimits {
  /** How long a request waits for more, in ms; 0: it takes what is there. */
  readonly lingerMs: number
  /** Bytes after which it does not wait any longer. */
  readonly lingerBytes: number
  /** Bytes that a request carries at most; what is larger goes alone. */
  readonly requestBytesMax: number
  /** Requests under way at the same time. */
  readonly inflightMax: number
}

/** A message with the bytes that it counts for. */
export interface Sized {
  readonly bytes: number
}

/** What one caller has added. */
interface Group {
  left: number
  hasFailed: boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

interface Waiting<M> {
  readonly message: M
  readonly group: Group
}

/** Merges what several callers send into few requests. Messages leave in the order they came. */
export class ProduceQueue<M extends Sized> {
  readonly #limits: ProduceLimits
  readonly #send: (messages: readonly M[]) => Promise<void>
  #waiting: Waiting<M>[] = []
  #bytes = 0
  #inflight = 0
  #timer: NodeJS.Timeout | undefined
  #isDue = false

  constructor(limits: ProduceLimits, send: (messages: readonly M[]) => Promise<void>) {
    this.#limits = limits
    this.#send = send
  }

  /** Resolves when all are sent; fails with the first request that fails. */
  add(messages: readonly M[]): Promise<void> {
    if (messages.length === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const group: Group = { left: messages.length, hasFailed: false, resolve, reject }
      for (const message of messages) {
        this.#waiting.push({ message, group })
        this.#bytes += message.bytes
      }
      this.#schedule()
    })
  }

  /** What waits fails; what is under way goes on. */
  close(error: unknown): void {
    clearTimeout(this.#timer)
    const waiting = this.#waiting
    this.#waiting = []
    for (const { group } of waiting) fail(group, error)
  }

  #schedule(): void {
    const { lingerMs, lingerBytes } = this.#limits
    if (lingerMs === 0 || this.#bytes >= lingerBytes) this.#isDue = true
    if (this.#isDue) this.#pump()
    else
      this.#timer ??= setTimeout(() => {
        this.#isDue = true
        this.#pump()
      }, lingerMs)
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#inflight < this.#limits.inflightMax) {
      const request = this.#take()
      if (request.length > 0) void this.#run(request)
    }
    if (this.#waiting.length > 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isDue = false
  }

  #take(): readonly Waiting<M>[] {
    let bytes = 0
    let count = 0
    for (const { message } of this.#waiting) {
      if (count > 0 && bytes + message.bytes > this.#limits.requestBytesMax) break
      bytes += message.bytes
      count++
    }
    this.#bytes -= bytes
    // The caller of a request that has failed sends again what else it had.
    return this.#waiting.splice(0, count).filter(({ group }) => !group.hasFailed)
  }

  async #run(request: readonly Waiting<M>[]): Promise<void> {
    this.#inflight++
    try {
      await this.#send(request.map(({ message }) => message))
      settle(request)
    } catch (error) {
      const groups = Map.groupBy(request, ({ group }) => group)
      // What is refused of one caller is no reason to lose what others sent.
      if (isFatal(error) && groups.size > 1) await this.#runEach([...groups.values()])
      else for (const group of groups.keys()) fail(group, error)
    }
    this.#inflight--
    this.#pump()
  }

  /**
   * Sends for each caller alone, in order, until something else than a message is wrong. A caller
   * whose request is refused divides it: nothing of it may have been taken before.
   */
  async #runEach(requests: readonly (readonly Waiting<M>[])[]): Promise<void> {
    for (const [at, request] of requests.entries()) {
      const group = request[0]?.group
      if (group === undefined || group.hasFailed) continue
      try {
        await this.#send(request.map(({ message }) => message))
        settle(request)
      } catch (error) {
        fail(group, error)
        if (isFatal(error)) continue
        for (const [{ group: later } = { group }] of requests.slice(at + 1)) fail(later, error)
        return
      }
    }
  }
}

function settle(request: readonly Waiting<Sized>[]): void {
  for (const { group } of request) if (--group.left === 0) group.resolve()
}

function isFatal(error: unknown): boolean {
  return error instanceof DriverError && error.kind === 'fatal'
}

function fail(group: Group, error: unknown): void {
  group.hasFailed = true
  group.reject(error)
}
