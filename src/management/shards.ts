import type { ShardOperator } from '#broker/operator/shard-operator.ts'
import type { ListPart, ListRange } from '#broker/operator/views.ts'
import { hashString } from '#kernel/hash.ts'
import { ApiError, badCursor } from './http/api-error.ts'
import type { NodePort, OperationName } from './node-port.ts'

/** What an operation gives in the end, whether it takes time or slices. */
type ResultOf<Name extends OperationName> =
  ReturnType<ShardOperator[Name]> extends Generator<unknown, infer Result>
    ? Awaited<Result>
    : Awaited<ReturnType<ShardOperator[Name]>>
type ArgumentsOf<Name extends OperationName> = Parameters<ShardOperator[Name]>

/** Longest time a shard may take for one operation. */
const ANSWER_MS_MAX = 10_000

/** Which part of a list over all shards is wanted. */
export interface PageRequest {
  readonly page: number | undefined
  readonly limit: number
  /** As an earlier page gave it; then there is no `page`. */
  readonly cursor: string | undefined
}

/** A page over all shards. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly hasNext: boolean
  /** For the page after it. */
  readonly cursor: string | undefined
}

/** The shards of the node, as those see them who manage it. */
export class Shards {
  readonly #node: NodePort

  constructor(node: NodePort) {
    this.#node = node
  }

  get count(): number {
    return this.#node.shardCount
  }

  /** @throws ApiError 503 when the shard does not answer in time */
  async call<Name extends OperationName>(
    shard: number,
    operation: Name,
    ...args: ArgumentsOf<Name>
  ): Promise<ResultOf<Name>> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const message = `Shard ${shard} did not answer within ${ANSWER_MS_MAX / 1000} seconds.`
        reject(new ApiError(503, 'SERVICE_UNAVAILABLE', message))
      }, ANSWER_MS_MAX)
    })
    try {
      const answer = this.#node.operate(shard, operation, args)
      // The name decides the type, on both sides of the way.
      return (await Promise.race([answer, late])) as ResultOf<Name>
    } finally {
      clearTimeout(timer)
    }
  }

  /** Has every shard do the same, all at once. */
  callAll<Name extends OperationName>(
    operation: Name,
    ...args: ArgumentsOf<Name>
  ): Promise<readonly ResultOf<Name>[]> {
    const shards = Array.from({ length: this.count }, (_, shard) => shard)
    return Promise.all(shards.map((shard) => this.call(shard, operation, ...args)))
  }

  /** The first answer that `isThere` accepts: for what only one shard has. */
  async find<Name extends OperationName>(
    isThere: (answer: ResultOf<Name>) => boolean,
    operation: Name,
    ...args: ArgumentsOf<Name>
  ): Promise<ResultOf<Name> | undefined> {
    return (await this.callAll(operation, ...args)).find(isThere)
  }

  /** The shard that publishes to a topic for the operator: one topic keeps its order. */
  shardForTopic(topic: string): number {
    return hashString(topic) % this.count
  }

  /**
   * A page of a list that each shard has a part of: the first shard's entries come first. Shards
   * are asked one after the other, so that each only walks what is needed of it.
   */
  async page<Item>(
    request: PageRequest,
    ask: (shard: number, range: ListRange) => Promise<ListPart<Item>>,
  ): Promise<Page<Item>> {
    const { limit, cursor } = request
    const start = cursor === undefined ? { shard: 0, after: 0 } : readCursor(cursor)
    let skip = cursor === undefined ? ((request.page ?? 1) - 1) * limit : 0
    const items: Item[] = []
    for (let { shard, after } = start; shard < this.count; shard++, after = 0) {
      const wanted = limit - items.length
      // With limit 0 a shard only says whether it has anything.
      const part = await ask(shard, { after, skip, limit: wanted })
      skip -= part.skipped
      items.push(...part.items)
      if (part.next === undefined) continue
      return { items, hasNext: true, cursor: writeCursor(shard, part.next) }
    }
    return { items, hasNext: false, cursor: undefined }
  }
}

function writeCursor(shard: number, after: number): string {
  return Buffer.from(`${shard}:${after}`).toString('base64url')
}

function readCursor(text: string): { readonly shard: number; readonly after: number } {
  const match = /^(\d{1,3}):(\d{1,16})$/.exec(Buffer.from(text, 'base64url').toString())
  if (match === null) throw badCursor()
  return { shard: Number(match[1]), after: Number(match[2]) }
}
