import type { ShardCore } from './core.ts'

/**
 * Client ids whose stored session has ended, until that is on disk: before, a crash would bring the
 * session back, and the client is not told that it is gone [MQTT-3.1.2-4]. As many as there are
 * sessions at most. One commit is asked for at a time, for all that ended before.
 */
export class Removals {
  readonly #core: ShardCore
  /** By client id: what waits. */
  readonly #waiting: Map<string, Array<() => void>>
  /** Those that no commit has been asked for. */
  #added: string[]
  #isAsking: boolean

  constructor(core: ShardCore) {
    this.#core = core
    this.#waiting = new Map()
    this.#added = []
    this.#isAsking = false
  }

  /** True while the end of the client's session is not on disk. */
  has(clientId: string): boolean {
    return this.#waiting.has(clientId)
  }

  /** A stored session has ended: what says so has been written. */
  add(clientId: string): void {
    if (!this.#waiting.has(clientId)) this.#waiting.set(clientId, [])
    this.#added.push(clientId)
    if (!this.#isAsking) this.#ask()
  }

  /** Calls back once no session of the client can come back; at once when none could. */
  whenGone(clientId: string, done: () => void): void {
    const waiting = this.#waiting.get(clientId)
    if (waiting === undefined) done()
    else waiting.push(done)
  }

  #ask(): void {
    const asked = this.#added
    this.#added = []
    this.#isAsking = true
    this.#core.whenCommitted(() => {
      for (const clientId of asked) {
        const waiting = this.#waiting.get(clientId) ?? []
        this.#waiting.delete(clientId)
        for (const done of waiting) done()
      }
      this.#isAsking = false
      if (this.#added.length > 0) this.#ask()
    })
  }
}
