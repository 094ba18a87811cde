/** Contract of a connector: how data goes to another system, and comes from there. */
import type { Log } from '#broker/ports.ts'
import type { Field, Infer, InferFields } from '#config/field.ts'
import type {
  ConnectorConfig,
  IntegrationDescription,
} from '#config/fields/integrations/integration.ts'
import type { ValueMap } from './value.ts'

type Fields = Readonly<Record<string, Field>>

/** What a connector is given to work with. */
export interface ConnectorContext {
  /** Name of the connector, for client identifiers and messages. */
  readonly name: string
  readonly nodeName: string
  /** Place of this shard among `shardCount`: each has a connection of its own. */
  readonly shard: number
  /** Shards share out among themselves what the configuration allows for the node. */
  readonly shardCount: number
  readonly log: Log
  /**
   * A secret of the configuration; reads the file when it is written as `file:///path`.
   * @throws when that file cannot be read
   */
  readonly readSecret: (written: string) => string
  /** Says that the connection is found dead. The runtime closes it and opens another one. */
  lost(reason: string): void
}

/**
 * A record of a batch that could not be written, by its place in the batch. `retryable`: may work
 * later. `fatal`: fails whenever it is tried.
 */
export interface WriteFault {
  readonly index: number
  readonly kind: 'retryable' | 'fatal'
  readonly reason: string
}

/** Where records go, opened on a connection. */
export interface Sink {
  /**
   * Writes records, in order. Resolves when the other system has them, with those that it refused,
   * if any. Must settle within a time limit of its own. When it rejects, none of them counts as
   * written: with a `DriverError` of kind `fatal` each is tried once by itself, with any other
   * `DriverError` all of them again later. Other errors are fatal.
   * @param signal aborted when the action is closed
   * @param lane number of the queue that the records come from: those of one queue keep their order
   * when they take the same connection
   */
  write(
    records: readonly ValueMap[],
    signal: AbortSignal,
    lane: number,
  ): Promise<void | readonly WriteFault[]>
  close?(): void | Promise<void>
}

/** What a sink is given to work with. */
export interface SinkContext extends ConnectorContext {
  /** Folder of its own, which may not be there yet. It is deleted together with the action. */
  readonly folder: string
}

/** How records are written to a system. */
export interface SinkDefinition<A, Client> {
  /**
   * Tries whether the parameters can work, without connecting to anything: compiles templates.
   * @throws an Error with what to do
   */
  check?(parameters: A): void
  /** @throws DriverError when the system does not take what the parameters ask for */
  open(parameters: A, client: Client, context: SinkContext): Sink | Promise<Sink>
}

/** What comes from a system. */
export interface SourceContext extends ConnectorContext {
  /**
   * Hands a record to the rules that read the source. They have run when it returns; what they
   * send on may still wait in the buffers of actions.
   */
  emit(record: ValueMap): void
}

/** A subscription, consumer or the like, opened on a connection. */
export interface Source {
  close(): void | Promise<void>
}

/** How records are read from a system. */
export interface SourceDefinition<S, Client> {
  check?(parameters: S): void
  /** @throws DriverError when the system does not give what the parameters ask for */
  open(parameters: S, client: Client, context: SourceContext): Source | Promise<Source>
  /** It is opened in every shard. Otherwise in one, so that each record comes once. */
  readonly everywhere?: true
  /** Columns of its records with typical values, for tests of rules and the reference. */
  readonly sample: ValueMap
}

/** The description of a connector, as `defineConnector` takes it. */
export interface ConnectorDefinition<
  C extends Fields = Fields,
  A extends Field = Field,
  S extends Field = Field,
  Client = unknown,
> {
  /** Its names, texts and keys, from config/fields/integrations. */
  readonly description: IntegrationDescription<C, A, S>
  /**
   * Connects and logs in; resolves when requests can be sent.
   * @throws DriverError that says why not; nothing stays open then
   */
  open(
    config: InferFields<C> & ConnectorConfig,
    context: ConnectorContext,
    signal: AbortSignal,
  ): Promise<Client>
  /**
   * Asks for a sign of life.
   * @throws DriverError when there is none
   */
  check(client: Client, signal: AbortSignal): Promise<void>
  /** Lets go. Never throws. */
  close(client: Client): void | Promise<void>
  readonly sink?: SinkDefinition<Infer<A>, Client>
  readonly source?: SourceDefinition<Infer<S>, Client>
}

/** A connector whatever its types, as it stands in the catalog. */
export interface AnyConnector {
  readonly description: IntegrationDescription
  open(config: never, context: ConnectorContext, signal: AbortSignal): Promise<unknown>
  check(client: never, signal: AbortSignal): Promise<void>
  close(client: never): void | Promise<void>
  readonly sink?: {
    check?(parameters: never): void
    open(parameters: never, client: never, context: SinkContext): Sink | Promise<Sink>
  }
  readonly source?: {
    check?(parameters: never): void
    open(parameters: never, client: never, context: SourceContext): Source | Promise<Source>
    readonly everywhere?: true
    readonly sample: ValueMap
  }
}

/** Declares a connector; it needs one line in integrations/catalog.ts as well. */
export function defineConnector<C extends Fields, A extends Field, S extends Field, Client>(
  definition: ConnectorDefinition<C, A, S, Client>,
): ConnectorDefinition<C, A, S, Client> {
  return definition
}
