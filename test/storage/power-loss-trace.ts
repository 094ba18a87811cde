import assert from 'node:assert/strict'

/** What a process did that matters for its data file, with the times it began and had ended. */
export type TraceEvent =
  | {
      readonly kind: 'write'
      readonly startedAt: number
      readonly endedAt: number
      /** Undefined = at the end of the file. */
      readonly offset: number | undefined
      readonly bytes: Buffer
      /** The file is opened with O_DSYNC: safe when the call has ended. */
      readonly isDurable: boolean
    }
  | { readonly kind: 'sync'; readonly startedAt: number; readonly endedAt: number }
  | { readonly kind: 'report'; readonly startedAt: number; readonly number: number }

/** How strace has to be called: files by name, strings in hexadecimal and complete. */
export const STRACE_OPTIONS: readonly string[] = (
  '-f -y -xx -s 65536 --seccomp-bpf -e abbrev=none -e signal=none ' +
  '-e trace=openat,pwrite64,writev,write,lseek,fdatasync,fsync'
).split(' ')

const REPORT = /^[\d\n]+$/
const FILE = String.raw`(\d+)<([^>]*)>`
const TEXT = String.raw`"([^"]*)"`

interface Call {
  readonly startedAt: number
  readonly text: string
}

/**
 * Reads the output of strace; times are numbers of lines. A call of a thread that others overtook
 * is in two lines.
 */
export function readTrace(trace: string, file: string): TraceEvent[] {
  const reader = new TraceReader(file)
  const unfinished = new Map<string, Call>()
  for (const [at, line] of trace.split('\n').entries()) {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    const open = text.indexOf(' <unfinished ...>')
    if (open !== -1) {
      unfinished.set(thread, { startedAt: at, text: text.slice(0, open) })
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)
    const begun = resumed === null ? { startedAt: at, text: '' } : unfinished.get(thread)
    if (begun === undefined) continue
    unfinished.delete(thread)
    reader.add({ startedAt: begun.startedAt, text: begun.text + (resumed?.[1] ?? text) }, at)
  }
  return reader.events
}

class TraceReader {
  readonly events: TraceEvent[]
  readonly #file: string
  readonly #offsets: Map<string, number>
  readonly #durable: Set<string>

  constructor(file: string) {
    this.events = []
    this.#file = file
    this.#offsets = new Map()
    this.#durable = new Set()
  }

  add({ startedAt, text }: Call, endedAt: number): void {
    const [, result = '-1'] = /= (-?\d+)[^=]*$/.exec(text) ?? []
    if (Number(result) < 0) return
    if (text.startsWith('openat(')) {
      if (text.includes('O_DSYNC')) this.#durable.add(result)
      else this.#durable.delete(result)
      return
    }
    const [, name = '', fd = '', path = ''] =
      new RegExp(String.raw`^(\w+)\(${FILE}`).exec(text) ?? []
    if (fromHex(path).toString() !== this.#file) {
      if (name === 'write') this.#report(startedAt, text)
      return
    }
    if (name === 'lseek') this.#offsets.set(fd, Number(result))
    else if (name.includes('sync')) this.events.push({ kind: 'sync', startedAt, endedAt })
    else {
      const bytes = Buffer.concat(
        [...text.matchAll(new RegExp(TEXT, 'g'))].map(([, hex]) => fromHex(hex)),
      )
      // Only the zeros that are appended are so long that strace cuts them.
      const whole = name === 'write' ? Buffer.alloc(Number(result)) : bytes
      assert.equal(whole.length, Number(result), text.slice(-100))
      const offset = this.#offsetOf(name, fd, text)
      const isDurable = this.#durable.has(fd)
      this.events.push({ kind: 'write', startedAt, endedAt, offset, bytes: whole, isDurable })
    }
  }

  #offsetOf(name: string, fd: string, text: string): number | undefined {
    if (name === 'write') return undefined
    return name === 'writev' ? this.#offsets.get(fd) : Number(/, (\d+)\) +=/.exec(text)?.[1])
  }

  #report(startedAt: number, text: string): void {
    const sent = fromHex(new RegExp(TEXT).exec(text)?.[1]).toString()
    if (!REPORT.test(sent)) return
    for (const number of sent.trim().split('\n')) {
      this.events.push({ kind: 'report', startedAt, number: Number(number) })
    }
  }
}

function fromHex(text = ''): Buffer {
  return Buffer.from(text.replaceAll(String.raw`\x`, ''), 'hex')
}
