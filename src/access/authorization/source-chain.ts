import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { SourceConfig } from '#config/fields/authorization/authorization.ts'
import type { Log } from '#broker/ports.ts'
import type {
  AnyAuthorizer,
  Authorizer,
  AuthorizerContext,
  AuthorizeRequest,
  AuthorizerStatus,
  Verdict,
} from '#plugin/define-authorizer.ts'
import { AUTHORIZERS } from './catalog.ts'

/** What the sources say together. `failed`: one that would have been asked could not be. */
export type ChainVerdict = 'allow' | 'deny' | 'no-match' | 'failed'

/** A verdict, and the type of the source that it is of. */
export interface ChainAnswer {
  readonly verdict: ChainVerdict
  /** Undefined: of none. */
  readonly by: string | undefined
}

/** Numbers of one source in one shard since the start. */
export interface SourceCounts {
  total: number
  allow: number
  deny: number
  ignore: number
  failed: number
}

/** What people see of one source. */
export interface SourceReport extends AuthorizerStatus {
  readonly type: string
  readonly counts: Readonly<SourceCounts>
}

interface Source {
  readonly config: SourceConfig
  readonly type: string
  readonly authorizer: Authorizer
  readonly counts: SourceCounts
  failureLoggedAtMs: number
}

/** A source that has not answered by then has failed. Sources have shorter limits of their own. */
const ANSWER_MS_MAX = 60_000
/** Requests that wait for sources in one shard; more are refused. */
const WAITING_MAX = 10_000
/** Failures of one source are logged once in this time. */
const LOG_WINDOW_MS = 60_000

/** The authorizer of a source. */
export function authorizerOf(source: SourceConfig): AnyAuthorizer {
  const found = AUTHORIZERS.find(({ type }) => type === source.type)
  if (found === undefined) throw new Error(`there is no authorizer of type ${source.type}`)
  return found
}

/** The enabled sources of a shard, asked in order until one knows. */
export class SourceChain {
  readonly #log: Log
  readonly #nowMs: () => number
  readonly #sources: readonly Source[]
  readonly #stopped = new AbortController()
  readonly #whenIdle: (() => void)[] = []
  #waiting = 0
  #leaving: readonly Source[]

  /**
   * @param before the chain that this one takes the place of: a source whose configuration is the
   * same is taken over with its connections and numbers
   * @throws what an authorizer throws whose configuration cannot work
   */
  constructor(sources: readonly SourceConfig[], context: AuthorizerContext, before?: SourceChain) {
    this.#log = context.log
    this.#nowMs = () => context.clock.monotonicMs()
    const former = before === undefined ? [] : before.#sources
    const made: Source[] = []
    const fresh: Source[] = []
    try {
      for (const config of sources.filter(({ enable }) => enable)) {
        const known = former.find((source) => isDeepStrictEqual(source.config, config))
        const source = known ?? makeSource(config, context)
        made.push(source)
        if (known === undefined) fresh.push(source)
      }
    } catch (error) {
      void closeSources(fresh)
      throw error
    }
    this.#sources = made
    this.#leaving = made
  }

  /** Number of enabled sources. */
  get size(): number {
    return this.#sources.length
  }

  /** Asks the sources; at once where all that are asked answer at once. */
  decide(request: AuthorizeRequest): ChainAnswer | Promise<ChainAnswer> {
    return this.#ask(request, 0)
  }

  /** Reads files again; true when something may be decided otherwise now. */
  reload(): boolean {
    let isChanged = false
    for (const { type, authorizer } of this.#sources) {
      try {
        if (authorizer.reload?.() !== true) continue
        isChanged = true
        this.#log.info('authorization_source_reloaded', { source: type })
      } catch (error) {
        this.#log.error('authorization_source_not_reloaded', { source: type, reason: text(error) })
      }
    }
    return isChanged
  }

  /** Rules in the store were changed. */
  rulesChanged(): void {
    for (const { authorizer } of this.#sources) authorizer.rulesChanged?.()
  }

  report(): readonly SourceReport[] {
    return this.#sources.map(({ type, authorizer, counts }) => {
      return { type, counts, ...authorizer.status() }
    })
  }

  /** Lets go of what the successor does not go on with, once nobody waits for it. */
  async retire(successor: SourceChain): Promise<void> {
    this.#leaving = this.#sources.filter((source) => !successor.#sources.includes(source))
    const { signal } = this.#stopped
    const late = delay(ANSWER_MS_MAX, undefined, { ref: false, signal }).catch(() => {})
    await Promise.race([this.#idle(), late])
    await this.close()
  }

  async close(): Promise<void> {
    this.#stopped.abort()
    const leaving = this.#leaving
    this.#leaving = []
    await closeSources(leaving)
  }

  #idle(): Promise<void> {
    if (this.#waiting === 0) return Promise.resolve()
    return new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  #ask(request: AuthorizeRequest, from: number): ChainAnswer | Promise<ChainAnswer> {
    for (let index = from; index < this.#sources.length; index++) {
      const source = this.#sources[index]
      if (source === undefined) break
      let verdict: Verdict | Promise<Verdict>
      try {
        verdict = source.authorizer.authorize(request, this.#stopped.signal)
      } catch (error) {
        return this.#failed(source, error)
      }
      if (typeof verdict !== 'string') return this.#await(source, verdict, request, index)
      this.#count(source, verdict)
      if (verdict !== 'ignore') return { verdict, by: source.type }
    }
    return { verdict: 'no-match', by: undefined }
  }

  async #await(
    source: Source,
    answer: Promise<Verdict>,
    request: AuthorizeRequest,
    index: number,
  ): Promise<ChainAnswer> {
    if (this.#waiting >= WAITING_MAX) {
      answer.catch(() => {}) // Nobody waits for it.
      return this.#failed(source, new Error(`${WAITING_MAX} requests wait already`))
    }
    this.#waiting++
    let verdict: Verdict
    try {
      verdict = await withinLimit(answer)
    } catch (error) {
      return this.#failed(source, error)
    } finally {
      this.#left()
    }
    this.#count(source, verdict)
    if (verdict === 'ignore') return this.#ask(request, index + 1)
    return { verdict, by: source.type }
  }

  #left(): void {
    this.#waiting--
    // An answer may lead to the next source first.
    queueMicrotask(() => {
      if (this.#waiting === 0) for (const tell of this.#whenIdle.splice(0)) tell()
    })
  }

  #count(source: Source, verdict: Verdict): void {
    source.counts.total++
    source.counts[verdict]++
  }

  #failed(source: Source, error: unknown): ChainAnswer {
    source.counts.total++
    source.counts.failed++
    const nowMs = this.#nowMs()
    if (nowMs - source.failureLoggedAtMs >= LOG_WINDOW_MS) {
      source.failureLoggedAtMs = nowMs
      this.#log.error('authorization_source_failed', { source: source.type, reason: text(error) })
    }
    return { verdict: 'failed', by: source.type }
  }
}

function makeSource(config: SourceConfig, context: AuthorizerContext): Source {
  return {
    config,
    type: config.type,
    // The configuration was decoded by the fields of this very authorizer.
    authorizer: authorizerOf(config).create(config as never, context),
    counts: { total: 0, allow: 0, deny: 0, ignore: 0, failed: 0 },
    failureLoggedAtMs: Number.NEGATIVE_INFINITY,
  }
}

async function closeSources(sources: readonly Source[]): Promise<void> {
  await Promise.allSettled(sources.map(async ({ authorizer }) => authorizer.close()))
}

async function withinLimit(answer: Promise<Verdict>): Promise<Verdict> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${ANSWER_MS_MAX / 1000} s`))
    }, ANSWER_MS_MAX)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
