import type { Wire, WireInfo } from '#broker/ports.ts'
import type { HeldBytes } from '#kernel/block-pool.ts'
import type { Connection } from '#broker/session/connection.ts'
import { LentBytes } from '../../support/lent-bytes.ts'
import type { Prng } from '../engine/prng.ts'
import type { Schedule } from '../engine/schedule.ts'

/** How one network connection behaves. */
export interface LinkProfile {
  readonly latencyMs: number
  readonly jitterMs: number
  /** Chance that what is written at once arrives in several pieces. */
  readonly splitChance: number
  /** Bytes on their way to the client, or not yet read by it, that the network holds. */
  readonly windowBytes: number
  /** Chance that the transport keeps a write although there is room. */
  readonly refuseChance: number
  /** How long a peer that vanished stays unnoticed, in ms. */
  readonly silenceMs: number
}

/** What the client sees of its connection. */
export interface ClientEnd {
  received(bytes: Buffer): void
  closed(): void
}

/** How the broker's process stands behind a connection. */
export interface ServerSide {
  /** Does something in the thread of a shard, now or when the shard has time; not after a crash. */
  run(shard: number, action: () => void): void
}

interface Piece {
  readonly atMs: number
  /** Undefined: the end of the stream. */
  readonly bytes: Buffer | undefined
  readonly error: string | undefined
}

/** The host cuts a connection that does not take the rest of its output for so long. */
const END_MS_MAX = 5_000

/**
 * One network connection with a stream of bytes in each direction. Each stream keeps its order;
 * its bytes arrive cut and glued at random, late, or (when the connection breaks) not at all.
 *
 * What the core writes is copied when it is told that the memory is free again, and not before, so
 * that a core which reuses memory too early sends rubbish. What it reads is overwritten after the
 * call, unless it asks to hold it.
 */
export class SimConnection implements Wire {
  readonly id: number
  readonly shard: number
  readonly info: WireInfo
  readonly #prng: Prng
  readonly #schedule: Schedule
  profile: LinkProfile
  readonly #server: ServerSide
  #connection: Connection | undefined
  #client: ClientEnd | undefined
  /** The broker has not closed it and has not been told that it ended. */
  serverOpen: boolean
  /** Why the broker's client is gone, in its own words; undefined while it is there. */
  closedBecause: string | undefined
  /** Called when the broker accepts it. */
  onServerOpen: (() => void) | undefined
  /** Called once when the broker's end is gone. */
  onServerGone: (() => void) | undefined
  bufferedBytes: number
  /** Last time at which bytes of the client reached the broker. */
  lastUpMs: number
  #paused: boolean
  #ending: boolean
  /** What the broker is receiving. */
  #lent: LentBytes | undefined
  #stalled: boolean
  #frozenUntilMs: number
  readonly #up: Piece[]
  readonly #down: Piece[]
  #held: Buffer[]
  #downBytes: number
  #lastUpAtMs: number
  #lastDownAtMs: number

  constructor(
    id: number,
    shard: number,
    prng: Prng,
    schedule: Schedule,
    profile: LinkProfile,
    server: ServerSide,
    client: ClientEnd,
  ) {
    this.id = id
    this.shard = shard
    this.info = {
      listener: 'tcp:default',
      transport: 'tcp',
      peerHost: '192.0.2.1',
      peerPort: 1_024 + (id % 60_000),
      localPort: 1883,
    }
    this.#prng = prng
    this.#schedule = schedule
    this.profile = profile
    this.#server = server
    this.#connection = undefined
    this.#client = client
    this.serverOpen = false
    this.closedBecause = undefined
    this.onServerOpen = undefined
    this.onServerGone = undefined
    this.bufferedBytes = 0
    this.lastUpMs = 0
    this.#paused = false
    this.#ending = false
    this.#lent = undefined
    this.#stalled = false
    this.#frozenUntilMs = 0
    this.#up = []
    this.#down = []
    this.#held = []
    this.#downBytes = 0
    this.#lastUpAtMs = 0
    this.#lastDownAtMs = 0
  }

  /** The broker accepted it. */
  accepted(connection: Connection): void {
    this.#connection = connection
    this.serverOpen = true
    this.onServerOpen?.()
    this.#wakeUp()
  }

  /** Nobody listens, or the connection got lost on the way. */
  refused(): void {
    this.#pushDown(undefined)
  }

  holdReceived(): HeldBytes | undefined {
    return this.#lent?.hold()
  }

  write(chunks: readonly Buffer[], totalBytes: number): boolean {
    const fits = this.#downBytes + totalBytes <= this.profile.windowBytes
    if (this.bufferedBytes === 0 && fits && !this.#prng.chance(this.profile.refuseChance)) {
      this.#pushDown(Buffer.concat(chunks))
      return true
    }
    this.#held.push(...chunks)
    this.bufferedBytes += totalBytes
    this.#drainLater()
    return false
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#wakeUp()
  }

  end(): void {
    if (this.#ending) return
    this.#ending = true
    this.#serverGone()
    if (this.#held.length === 0) {
      this.#pushDown(undefined)
      return
    }
    this.#schedule.after(END_MS_MAX, () => {
      if (this.#held.length === 0) return
      this.#dropHeld()
      this.#pushDown(undefined)
    })
  }

  destroy(): void {
    this.#ending = true
    this.#serverGone()
    this.#dropHeld()
    this.#loseTail(this.#down)
    this.#pushDown(undefined)
  }

  /**
   * The process behind it died: with `notice` its system tells the client, otherwise nobody does.
   */
  serverDied(notice: boolean): void {
    this.#connection = undefined
    this.#serverGone()
    this.#dropHeld()
    this.#loseTail(this.#down)
    if (notice || this.#ending) this.#pushDown(undefined)
    this.#ending = true
  }

  /** The client sends bytes. */
  send(bytes: Buffer): void {
    for (const piece of this.#cut(bytes)) this.#pushUp(piece, undefined)
  }

  /** The client closes in order: what it sent arrives first. */
  close(): void {
    this.#client = undefined
    this.#pushUp(undefined, undefined)
  }

  /** The client's system resets the connection: some of what was sent never arrives. */
  abort(): void {
    this.#client = undefined
    this.#loseTail(this.#up)
    this.#pushUp(undefined, 'read ECONNRESET')
  }

  /** The client is gone without a trace; the broker's system notices much later. */
  vanish(): void {
    this.#client = undefined
    this.#stalled = true
    this.#loseTail(this.#up)
    this.#schedule.after(this.profile.silenceMs, () => this.#pushUp(undefined, 'read ETIMEDOUT'))
  }

  /** The client does not read, or reads again. */
  setStalled(stalled: boolean): void {
    this.#stalled = stalled
    if (!stalled) this.#wakeDown()
  }

  /** Nothing gets through in either direction for a while. */
  freeze(durationMs: number): void {
    this.#frozenUntilMs = this.#schedule.nowMs + durationMs
  }

  #serverGone(): void {
    if (!this.serverOpen) return
    this.serverOpen = false
    this.#up.length = 0
    this.onServerGone?.()
  }

  #cut(bytes: Buffer): Buffer[] {
    const pieces: Buffer[] = []
    let rest = bytes
    while (rest.length > 1 && pieces.length < 8 && this.#prng.chance(this.profile.splitChance)) {
      const at = this.#prng.between(1, rest.length - 1)
      pieces.push(rest.subarray(0, at))
      rest = rest.subarray(at)
    }
    pieces.push(rest)
    return pieces
  }

  #delayMs(): number {
    const { latencyMs, jitterMs } = this.profile
    return latencyMs + (jitterMs > 0 ? this.#prng.exponential(jitterMs) : 0)
  }

  #pushUp(bytes: Buffer | undefined, error: string | undefined): void {
    this.#lastUpAtMs = Math.max(this.#lastUpAtMs, this.#schedule.nowMs + this.#delayMs())
    this.#up.push({ atMs: this.#lastUpAtMs, bytes, error })
    this.#schedule.at(this.#lastUpAtMs, () => this.#wakeUp())
  }

  #wakeUp(): void {
    this.#server.run(this.shard, () => this.#deliverUp())
  }

  /** Gives the broker what has arrived, glued together. */
  #deliverUp(): void {
    const { nowMs } = this.#schedule
    if (this.#connection === undefined || !this.serverOpen || this.#paused) return
    if (nowMs < this.#frozenUntilMs) {
      this.#schedule.at(this.#frozenUntilMs, () => this.#wakeUp())
      return
    }
    const arrived: Buffer[] = []
    for (;;) {
      const piece = this.#up[0]
      if (piece === undefined || piece.atMs > nowMs) break
      if (piece.bytes === undefined) break
      arrived.push(piece.bytes)
      this.#up.shift()
    }
    if (arrived.length > 0) {
      const lent = new LentBytes(Buffer.concat(arrived))
      this.lastUpMs = nowMs
      this.#lent = lent
      this.#connection.receive(lent.bytes)
      this.#lent = undefined
      lent.end()
    }
    const end = this.#up[0]
    const ended = end !== undefined && end.bytes === undefined && end.atMs <= nowMs
    if (!ended || !this.serverOpen || this.#paused) return
    this.#up.shift()
    this.#connection.ended(end.error)
    this.#serverGone()
  }

  #pushDown(bytes: Buffer | undefined): void {
    const pieces = bytes === undefined ? [undefined] : this.#cut(bytes)
    for (const piece of pieces) {
      this.#lastDownAtMs = Math.max(this.#lastDownAtMs, this.#schedule.nowMs + this.#delayMs())
      this.#down.push({ atMs: this.#lastDownAtMs, bytes: piece, error: undefined })
      this.#downBytes += piece?.length ?? 0
      this.#schedule.at(this.#lastDownAtMs, () => this.#wakeDown())
    }
  }

  #wakeDown(): void {
    const { nowMs } = this.#schedule
    if (nowMs < this.#frozenUntilMs) {
      this.#schedule.at(this.#frozenUntilMs, () => this.#wakeDown())
      return
    }
    while (!this.#stalled) {
      const piece = this.#down[0]
      if (piece === undefined || piece.atMs > nowMs) break
      this.#down.shift()
      const client = this.#client
      if (piece.bytes === undefined) {
        this.#client = undefined
        client?.closed()
        break
      }
      this.#downBytes -= piece.bytes.length
      client?.received(piece.bytes)
    }
    if (this.#held.length > 0) this.#drainLater()
  }

  #drainLater(): void {
    const delayMs = this.#prng.exponential(1)
    this.#schedule.after(delayMs, () => this.#server.run(this.shard, () => this.#drain()))
  }

  /** Takes over what was held as far as there is room, and tells the core when all is gone. */
  #drain(): void {
    if (this.#held.length === 0) return
    while (this.#downBytes < this.profile.windowBytes) {
      const chunk = this.#held.shift()
      if (chunk === undefined) break
      this.bufferedBytes -= chunk.length
      this.#pushDown(Buffer.from(chunk))
    }
    if (this.#held.length > 0) return
    if (this.#ending) this.#pushDown(undefined)
    else if (this.serverOpen) this.#connection?.drained()
  }

  #dropHeld(): void {
    this.#held = []
    this.bufferedBytes = 0
  }

  /** Some of what is on its way at the end of a stream is lost. */
  #loseTail(pieces: Piece[]): void {
    const kept = this.#prng.between(0, pieces.length)
    for (const { bytes } of pieces.splice(kept)) {
      if (pieces === this.#down) this.#downBytes -= bytes?.length ?? 0
    }
  }
}
