import type { BrokerHost } from '../broker/broker-host.ts'
import type { ClientView } from '../client/client-view.ts'
import type { MessageBook } from '../client/sim-message.ts'
import { InvariantBroken } from '../engine/trace.ts'
import type { Schedule } from '../engine/schedule.ts'
import type { Facts } from '../facts.ts'
import type { Scenario } from '../scenario.ts'

/** What checkers may look at. */
export interface CheckerContext {
  readonly scenario: Scenario
  readonly schedule: Schedule
  readonly host: BrokerHost
  readonly book: MessageBook
  readonly devices: readonly ClientView[]
}

/**
 * Watches one invariant. It throws `InvariantBroken` as soon as something contradicts it; what can
 * be known only at the end is looked at in `settled` and `emptied`.
 */
export interface Checker extends Facts {
  readonly invariant: string
  /** Faults are over, every persistent client is connected and nothing is on its way. */
  settled?(): void
  /** Every client has ended its session. */
  emptied?(): void
  /** The broker has been restarted after that, and has had time to sweep. */
  swept?(): void
  /** Numbers for the report of a run. */
  readonly counts?: Readonly<Record<string, number>>
}

export function broken(checker: Checker, detail: string, clients: readonly string[]): never {
  throw new InvariantBroken(checker.invariant, detail, clients)
}
