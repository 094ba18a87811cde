import type { OperationSpec, ReplyOf, RequestOf } from '../contract/operation.ts'
import type { Caller } from './caller.ts'

/** A request as a handler sees it: checked, and with who made it. */
export type Call<O extends OperationSpec> = RequestOf<O> & {
  readonly caller: Caller
  /** Address of whoever made the request. */
  readonly address: string
  /** Header of the request, in small letters; undefined when it is not there. */
  readonly header: (name: string) => string | undefined
}

/** An operation with what does it. */
export interface Route {
  readonly operation: OperationSpec
  readonly handle: (call: Call<OperationSpec>) => Promise<AnyReply>
}

/** A reply whatever the operation. */
export interface AnyReply {
  readonly status: PropertyKey
  readonly body: unknown
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Ties an operation to its handler. */
export function route<O extends OperationSpec>(
  operation: O,
  handle: (call: Call<O>) => Promise<ReplyOf<O>> | ReplyOf<O>,
): Route {
  return {
    operation,
    // The server hands over what it has checked against this very operation.
    handle: async (call) => handle(call as unknown as Call<O>),
  }
}

/** A reply of this status. */
export function reply<const Status extends number, Body>(status: Status, body: Body) {
  return { status, body }
}

/** 200 with a body. */
export function ok<Body>(body: Body) {
  return reply(200, body)
}

/** 204: done, nothing to say. */
export function noContent() {
  return reply(204, undefined)
}
