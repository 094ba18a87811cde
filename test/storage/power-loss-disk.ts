import type { TraceEvent } from './power-loss-trace.ts'

const PAGE_BYTES = 4_096

interface Version {
  readonly startedAt: number
  readonly endedAt: number
  readonly bytes: Buffer
  durableAt: number
}

/** Which of the states that a page may have the disk shows: 0 = the oldest one, up to `newest`. */
export type Choice = (page: number, newest: number) => number

/**
 * A file page by page, with everything written to it and the time since when that is sure to be on
 * the disk: when the power fails, a page is as it was then or has any later content.
 */
export class PowerLossDisk {
  readonly #pages: Map<number, Version[]>
  #bytes: number

  constructor(before: Buffer, events: readonly TraceEvent[]) {
    this.#pages = new Map()
    this.#bytes = before.length
    for (let page = 0; page * PAGE_BYTES < before.length; page++) {
      const bytes = Buffer.alloc(PAGE_BYTES)
      before.copy(bytes, 0, page * PAGE_BYTES)
      this.#pages.set(page, [{ startedAt: -1, endedAt: -1, bytes, durableAt: -1 }])
    }
    for (const event of events) {
      if (event.kind === 'write') this.#write(event)
      else if (event.kind === 'sync') this.#sync(event.startedAt, event.endedAt)
    }
  }

  /** The file after the power failed at a time. */
  imageAt(at: number, choose: Choice): Buffer {
    const pages: [number, Buffer][] = []
    for (const [page, versions] of this.#pages) {
      const begun = versions.filter(({ startedAt }) => startedAt < at)
      const sure = begun.findLastIndex(({ durableAt }) => durableAt < at)
      const possible = sure === -1 ? [undefined, ...begun] : begun.slice(sure)
      const chosen = possible[choose(page, possible.length - 1)]
      if (chosen !== undefined) pages.push([page, chosen.bytes])
    }
    const image = Buffer.alloc((Math.max(-1, ...pages.map(([page]) => page)) + 1) * PAGE_BYTES)
    for (const [page, bytes] of pages) bytes.copy(image, page * PAGE_BYTES)
    return image
  }

  #write({
    startedAt,
    endedAt,
    offset = this.#bytes,
    bytes,
    isDurable,
  }: Extract<TraceEvent, { readonly kind: 'write' }>): void {
    this.#bytes = Math.max(this.#bytes, offset + bytes.length)
    for (let at = 0; at < bytes.length;) {
      const page = Math.floor((offset + at) / PAGE_BYTES)
      const inside = (offset + at) % PAGE_BYTES
      const length = Math.min(PAGE_BYTES - inside, bytes.length - at)
      const versions = this.#pages.get(page) ?? []
      const content = Buffer.from(versions.at(-1)?.bytes ?? Buffer.alloc(PAGE_BYTES))
      bytes.copy(content, inside, at, at + length)
      const durableAt = isDurable ? endedAt : Infinity
      versions.push({ startedAt, endedAt, bytes: content, durableAt })
      this.#pages.set(page, versions)
      at += length
    }
  }

  /** What had been written when it began is safe when it ended. */
  #sync(startedAt: number, endedAt: number): void {
    for (const versions of this.#pages.values()) {
      for (const version of versions) {
        if (version.endedAt < startedAt) version.durableAt = Math.min(version.durableAt, endedAt)
      }
    }
  }
}
