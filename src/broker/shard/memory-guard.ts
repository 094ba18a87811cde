import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { Metric } from '../metrics.ts'
import type { Connection } from '../session/connection.ts'
import type { ShardCore } from './core.ts'

/** Connections looked at per `run`; the rest follows in the next ones. */
const CONNECTIONS_PER_RUN = 2_000

/** Ends connections of clients that hold more memory than they may (`force_shutdown`). */
export class MemoryGuard {
  readonly #core: ShardCore
  #rest: Iterator<Connection>

  constructor(core: ShardCore) {
    this.#core = core
    this.#rest = core.connections.values()
  }

  /** Looks at some connections. The host calls it every 100 ms. */
  run(): void {
    const { connections } = this.#core
    for (let count = 0; count < Math.min(CONNECTIONS_PER_RUN, connections.size); count++) {
      const next = this.#rest.next()
      // Beginning again in the next run: each connection is looked at once per round.
      if (next.done === true) {
        this.#rest = connections.values()
        return
      }
      this.#check(next.value)
    }
  }

  #check(connection: Connection): void {
    const { clientBytesMax } = connection.zone
    if (clientBytesMax === Number.POSITIVE_INFINITY) return
    const queue = connection.session?.queue
    // What is stored is not in memory.
    const waiting = queue === undefined || queue.stored ? 0 : queue.bytes
    const bytes = waiting + connection.wire.bufferedBytes
    if (bytes <= clientBytesMax) return
    this.#core.metrics.increment(Metric.FORCE_SHUTDOWN_CLOSED)
    connection.close({
      reason: ReasonCode.QUOTA_EXCEEDED,
      code: 'force_shutdown',
      text: `The client holds ${bytes} bytes of memory (force_shutdown.max_heap_size).`,
    })
  }
}
