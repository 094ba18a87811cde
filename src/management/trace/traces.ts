import { mkdirSync, rmSync, statSync } from 'node:fs'
import { appendFile, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { TraceFilter, TraceRecord } from '#broker/operator/trace-watch.ts'
import type { SqliteDatabase } from '#storage/sqlite/sqlite-database.ts'
import type { NodePort } from '../node-port.ts'
import type { Shards } from '../shards.ts'
import { ruleRecord, statusOf, toTask, traceLine, type TraceTask } from './trace-task.ts'

/** How often what shards have noted is written while a trace runs. */
const TAKE_MS = 250
/** How often it is looked whether a trace begins or ends. */
const CHECK_MS = 1000
/** A log that is longer ends its trace. */
const FILE_BYTES_MAX = 64 * 1024 * 1024

/** Where a log ends and when it was written last. */
export interface TraceLogSize {
  readonly sizeBytes: number
  readonly modifiedAtMs: number
}

/** Traces: what happened to a client, topic, address or rule, in a log of its own for each. */
export class Traces {
  readonly #database: SqliteDatabase
  readonly #node: NodePort
  readonly #shards: Shards
  readonly #folder: string
  readonly #tasks = new Map<string, TraceTask>()
  /** What shards were told to note. */
  #watched = '[]'
  /** Of running traces of rules: the last line that was taken. */
  readonly #ruleSeqs = new Map<string, number>()
  #isStopped = false
  #timer: NodeJS.Timeout | undefined
  /** Ends when everything noted before it began is written. */
  #work: Promise<void> = Promise.resolve()

  constructor(database: SqliteDatabase, node: NodePort, shards: Shards) {
    this.#database = database
    this.#node = node
    this.#shards = shards
    this.#folder = join(node.dataDir, 'trace')
    for (const row of database.all('SELECT * FROM traces')) {
      const task = toTask(row)
      this.#tasks.set(task.name, task)
    }
  }

  get count(): number {
    return this.#tasks.size
  }

  /** Traces with the latest start first. */
  list(): readonly TraceTask[] {
    return [...this.#tasks.values()].toSorted((a, b) => b.startAtMs - a.startAtMs)
  }

  get(name: string): TraceTask | undefined {
    return this.#tasks.get(name)
  }

  /** Goes on with the traces that there are. */
  start(): void {
    this.#plan()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#work
  }

  async add(task: TraceTask): Promise<void> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    await appendFile(this.#pathOf(task.name), '', { mode: 0o600 })
    this.#database.run(
      `INSERT INTO traces (name, type, value, payload_encode, formatter, start_at_ms, end_at_ms,
         is_stopped) VALUES (?, ?, ?, ?, ?, ?, ?, 0)`,
      task.name,
      task.type,
      task.value,
      task.payloadEncode,
      task.formatter,
      Math.floor(task.startAtMs),
      Math.floor(task.endAtMs),
    )
    this.#tasks.set(task.name, task)
    await this.flush()
  }

  /** Ends a trace; its log stays. Undefined when there is none. */
  async end(name: string): Promise<TraceTask | undefined> {
    await this.flush()
    const task = this.#tasks.get(name)
    if (task === undefined) return undefined
    this.#finish(task)
    await this.flush()
    return this.#tasks.get(name)
  }

  /** Removes a trace and its log; false when there is none. */
  async remove(name: string): Promise<boolean> {
    if (!this.#tasks.delete(name)) return false
    this.#database.run('DELETE FROM traces WHERE name = ?', name)
    await this.flush()
    rmSync(this.#pathOf(name), { force: true })
    return true
  }

  /** Writes what has been noted until now, and has shards note what is to be noted from now on. */
  flush(): Promise<void> {
    this.#work = this.#work.then(() => this.#step())
    return this.#work
  }

  /** Undefined when there is no such trace. */
  sizeOf(name: string): TraceLogSize | undefined {
    if (!this.#tasks.has(name)) return undefined
    const stat = statSync(this.#pathOf(name), { throwIfNoEntry: false })
    return { sizeBytes: stat?.size ?? 0, modifiedAtMs: stat?.mtimeMs ?? 0 }
  }

  /** A part of a log; shorter than asked for at its end. */
  async read(name: string, position: number, bytesMax: number): Promise<Buffer> {
    const file = await open(this.#pathOf(name), 'r')
    try {
      const { size } = await file.stat()
      const length = Math.max(0, Math.min(bytesMax, size - position))
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
      return buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  }

  #pathOf(name: string): string {
    return join(this.#folder, `${name}.log`)
  }

  #plan(): void {
    if (this.#isStopped) return
    const nowMs = this.#node.nowMs()
    const isOver = [...this.#tasks.values()].every((task) => statusOf(task, nowMs) === 'stopped')
    // Nothing runs and nothing will: the next trace that is made goes on.
    if (isOver && this.#watched === '[]') return
    const waitMs = this.#watched === '[]' ? CHECK_MS : TAKE_MS
    this.#timer = setTimeout(() => void this.flush(), waitMs).unref()
  }

  async #step(): Promise<void> {
    clearTimeout(this.#timer)
    try {
      if (this.#watched !== '[]') await this.#take()
      await this.#watch()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#node.log.warn('trace_not_written', { reason })
    }
    this.#plan()
  }

  #running(): readonly TraceTask[] {
    const nowMs = this.#node.nowMs()
    return [...this.#tasks.values()].filter((task) => statusOf(task, nowMs) === 'running')
  }

  /** Has shards note what running traces want, and nothing else. */
  async #watch(): Promise<void> {
    const running = this.#running()
    const wanted = JSON.stringify(running.map(({ name, type, value }) => [name, type, value]))
    if (wanted === this.#watched) return
    const filters = running.flatMap(({ name, type, value }): readonly TraceFilter[] => {
      return type === 'ruleid' ? [] : [{ trace: name, type, value }]
    })
    await this.#shards.callAll('watchTrace', filters)
    for (const task of running) {
      // What others have made of the rule before is not part of this trace.
      if (task.type === 'ruleid' && !this.#ruleSeqs.has(task.name)) await this.#takeRule(task)
    }
    for (const name of this.#ruleSeqs.keys()) {
      if (!running.some((task) => task.name === name)) this.#ruleSeqs.delete(name)
    }
    this.#watched = wanted
  }

  async #take(): Promise<void> {
    const taken = await this.#shards.callAll('takeTrace')
    const records = taken.flatMap((one) => one.records).toSorted((a, b) => a.timeMs - b.timeMs)
    const lost = taken.reduce((sum, one) => sum + one.lost, 0)
    for (const task of this.#tasks.values()) {
      const own = this.#ruleSeqs.has(task.name)
        ? await this.#takeRule(task)
        : records.filter(({ traces }) => traces.includes(task.name))
      if (own.length === 0) continue
      const lines = own.map((record) => traceLine(record, task))
      if (lost > 0) lines.push(`${lost} further events of all traces were too many to be noted\n`)
      await this.#append(task, lines.join(''))
    }
  }

  /** What a rule did since it was asked last. */
  async #takeRule({ name, value }: TraceTask): Promise<readonly TraceRecord[]> {
    const before = this.#ruleSeqs.get(name) ?? 0
    const entries = await this.#node.rules.trace(value, before)
    this.#ruleSeqs.set(name, entries.at(-1)?.seq ?? before)
    return entries.map(ruleRecord)
  }

  async #append(task: TraceTask, text: string): Promise<void> {
    await appendFile(this.#pathOf(task.name), text)
    const { sizeBytes } = this.sizeOf(task.name) ?? { sizeBytes: 0 }
    if (sizeBytes < FILE_BYTES_MAX || task.isStopped) return
    await appendFile(this.#pathOf(task.name), `stopped: the log has ${FILE_BYTES_MAX} bytes\n`)
    this.#node.log.warn('trace_is_full', { trace: task.name, bytes: sizeBytes })
    this.#finish(task)
  }

  #finish(task: TraceTask): void {
    this.#database.run('UPDATE traces SET is_stopped = 1 WHERE name = ?', task.name)
    this.#tasks.set(task.name, { ...task, isStopped: true })
  }
}
