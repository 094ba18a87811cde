/**
 * The language in which the REST API is described. One description of an operation gives the
 * types of its handler, the checks of its input, its part of the OpenAPI document, and the calls
 * that the CLI and the dashboard make.
 */
import type { Static, TObject, TSchema } from 'typebox'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/**
 * Who may call an operation. `public`: everybody; `read`: every role but publisher; `publish`:
 * publishers and administrators; `write`: administrators; `own`: every user, for what is theirs.
 */
export type Permission = 'public' | 'read' | 'publish' | 'write' | 'own'

/** A reply without a body. */
export interface EmptyReply {
  readonly kind: 'empty'
  readonly text: string
}

/** A reply that is not JSON. */
export interface TextReply {
  readonly kind: 'text'
  readonly text: string
  /** Media types, the usual one first. */
  readonly types: readonly string[]
}

/** A reply that is a file to be saved. */
export interface FileReply {
  readonly kind: 'file'
  readonly text: string
  /** Media type. */
  readonly type: string
}

/** A file of a reply. */
export interface SavedFile {
  readonly name: string
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/** A reply that goes on: server-sent events, the data of each as JSON of this schema. */
export interface EventsReply<S extends TSchema = TSchema> {
  readonly kind: 'events'
  readonly text: string
  readonly event: S
}

export type Reply = TSchema | EmptyReply | TextReply | FileReply | EventsReply

/** One event of a reply that goes on. */
export type EventOf<R> = R extends EventsReply<infer S> ? Static<S> : never

export interface OperationSpec {
  /** camelCase, unique. */
  readonly id: string
  readonly method: Method
  /** Below `/api/v5`, parameters in braces. */
  readonly path: string
  readonly tag: string
  readonly summary: string
  readonly permission: Permission
  /** API keys may not call it, only users who have logged in. */
  readonly usersOnly?: true
  /** Whether it is kept who has done it. Default: when it changes something. */
  readonly audited?: boolean
  readonly params?: TObject
  readonly query?: TObject
  readonly body?: TSchema
  /**
   * Media type of a body that is not JSON; it comes as text. `multipart/form-data` comes as the
   * file that it holds, and may be JSON all the same.
   */
  readonly bodyType?: string
  readonly bodyBytesMax?: number
  readonly replies: Readonly<Record<number, Reply>>
  /** Status codes of its own failures, beside those that every operation can have. */
  readonly errors?: readonly number[]
}

type StaticOf<S> = S extends TSchema ? Static<S> : undefined
type BodyOf<R> = R extends EmptyReply
  ? undefined
  : R extends TextReply
    ? string
    : R extends FileReply
      ? SavedFile
      : R extends EventsReply
        ? AsyncIterable<EventOf<R>>
        : StaticOf<R>

/** A file that came with a request. */
export class UploadedFile {
  /** As the client names it; empty when the body is the file. */
  readonly name: string
  readonly bytes: Uint8Array

  constructor(name: string, bytes: Uint8Array) {
    this.name = name
    this.bytes = bytes
  }

  /** What may be shown of it. */
  toJSON(): unknown {
    return { filename: this.name, bytes: this.bytes.length }
  }
}

type BodyFor<O extends OperationSpec> = O extends { readonly bodyType: 'multipart/form-data' }
  ? UploadedFile
  : O extends { readonly bodyType: string }
    ? string
    : StaticOf<O['body']>

/** Types of the parts of a request. */
export interface RequestOf<O extends OperationSpec> {
  readonly params: StaticOf<O['params']>
  readonly query: StaticOf<O['query']>
  readonly body: BodyFor<O>
}

/** What a handler may answer: one of the described replies. */
export type ReplyOf<O extends OperationSpec> = {
  [Status in keyof O['replies']]: {
    readonly status: Status
    readonly body: BodyOf<O['replies'][Status]>
    /** Of a text reply, when it is not the usual one. */
    readonly type?: string
    readonly headers?: Readonly<Record<string, string>>
  }
}[keyof O['replies']]

/** The scope that API keys with scopes need for operations of a tag: `data_backup`. */
export function scopeOf(tag: string): string {
  return tag.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')
}

/** Describes an operation. */
export function operation<const O extends OperationSpec>(spec: O): O {
  return spec
}

/** A reply without a body. */
export function empty(text: string): EmptyReply {
  return { kind: 'empty', text }
}

/** A reply that is not JSON. */
export function text(description: string, ...types: readonly string[]): TextReply {
  return { kind: 'text', text: description, types: types.length === 0 ? ['text/plain'] : types }
}

/** A reply that is a file to be saved. */
export function file(description: string, type: string): FileReply {
  return { kind: 'file', text: description, type }
}

/** A reply that goes on for as long as the caller listens. */
export function events<S extends TSchema>(description: string, event: S): EventsReply<S> {
  return { kind: 'events', text: description, event }
}

const PLAIN_KINDS: ReadonlySet<unknown> = new Set(['empty', 'text', 'file', 'events'])

/** Whether a reply has no JSON body. */
export function isPlainReply(
  reply: Reply,
): reply is EmptyReply | TextReply | FileReply | EventsReply {
  return 'kind' in reply && PLAIN_KINDS.has(reply.kind)
}
