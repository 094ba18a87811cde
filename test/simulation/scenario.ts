import type { BrokerSettings } from '#broker/limits.ts'
import { DEFAULT_SETTINGS } from '#broker/limits.ts'
import { Prng } from './engine/prng.ts'

/** Faults built into the broker on purpose, to prove that the checkers see them. */
export const Sabotage = {
  NONE: 'none',
  /** The store says that everything is durable at once. */
  STORE_LIES: 'store-lies',
  /** The store does not remove subscriptions. */
  STORE_KEEPS: 'store-keeps',
  /** The store loses a retained message now and then. */
  STORE_LOSES: 'store-loses',
  /** The fabric loses the messages of a batch now and then. */
  FABRIC_DROPS: 'fabric-drops',
  /** The fabric brings the messages of a batch twice now and then. */
  FABRIC_DOUBLES: 'fabric-doubles',
  /** The fabric brings the messages of a batch behind those of the next one now and then. */
  FABRIC_REORDERS: 'fabric-reorders',
  /** A restart forgets which QoS 2 packet identifiers have been received. */
  FORGETS_INCOMING: 'forgets-incoming',
  /** The directory grants every claim as if nobody had the session. */
  NO_DIRECTORY: 'no-directory',
  /** A connection that breaks brings no will. */
  NO_WILLS: 'no-wills',
} as const
export type Sabotage = (typeof Sabotage)[keyof typeof Sabotage]

/** What may go wrong in one run, as mean times between occurrences in ms; 0 = never. */
export interface FaultRates {
  readonly crashMs: number
  readonly restartMs: number
  /** A commit fails once. */
  readonly commitFailureChance: number
  /** All commits of a shard fail for a while. */
  readonly sickStoreMs: number
  /** Commits of all shards take long for a while. */
  readonly slowStoreMs: number
  /** The thread of a shard does nothing for a while. */
  readonly shardStallMs: number
  /** The wall clock jumps. */
  readonly clockStepMs: number
  /** Some connections get nothing through for a while. */
  readonly partitionMs: number
}

/** Everything about a run that its seed decides at the start. */
export interface Scenario {
  readonly seed: number
  readonly durationMs: number
  readonly shards: number
  readonly devices: number
  /** Extra devices that share client ids with each other. */
  readonly twins: number
  readonly faults: FaultRates
  readonly commitMs: number
  readonly linkMs: number
  /** What each byte on its way to another shard counts for. */
  readonly linkPressure: number
  readonly settings: BrokerSettings
  /** Mean pause between two things a client does, in ms. */
  readonly paceMs: number
  /** Chances of single acts of a client. */
  readonly unrest: number
  readonly impatience: number
  readonly finiteExpiry: boolean
  readonly features: ReadonlySet<Feature>
  readonly sabotage: Sabotage
  /**
   * Whether a QoS 2 message may come twice when a crash falls between the commits of two shards.
   */
  readonly crossShardQos2: 'tolerated' | 'strict'
}

export const FEATURES = ['retained', 'shared', 'wills', 'delayed', 'wildcards', 'qos0'] as const
export type Feature = (typeof FEATURES)[number]

/** What the caller of a simulation may fix; the seed decides the rest. */
export interface ScenarioChoices {
  readonly durationMs?: number
  readonly shards?: number
  readonly sabotage?: Sabotage
  /** Nothing goes wrong but what sabotage brings, and all features are used. */
  readonly calm?: boolean
  readonly crossShardQos2?: 'tolerated' | 'strict'
}

const DURATION_MS = 60_000

/**
 * The scenario of a seed. Faults and features are switched on and off by chance, because a run
 * with everything at once hides what needs calm in between.
 */
export function scenarioOf(seed: number, choices: ScenarioChoices = {}): Scenario {
  const prng = new Prng(seed)
  const shards = prng.weighted([
    [2, 1],
    [3, 2],
    [4, 3],
    [2, 4],
  ])
  const chosen = faultsOf(prng)
  const faults = choices.calm === true ? NO_FAULTS : chosen
  const features = new Set(FEATURES.filter(() => prng.chance(0.6) || choices.calm === true))
  return {
    seed,
    durationMs: choices.durationMs ?? DURATION_MS,
    shards: choices.shards ?? shards,
    devices: prng.between(4, 24),
    twins: prng.chance(0.4) ? prng.between(2, 6) : 0,
    faults,
    commitMs: prng.pick([0.5, 2, 10, 50]),
    linkMs: prng.pick([0.1, 0.5, 3, 20]),
    linkPressure: prng.pick([1, 1, 10_000]),
    settings: settingsOf(prng),
    paceMs: prng.pick([30, 100, 300]),
    unrest: prng.pick([0.2, 1, 3]),
    impatience: prng.chance(0.5) ? prng.pick([0.3, 1]) : 0,
    finiteExpiry: prng.chance(0.3),
    features,
    sabotage: choices.sabotage ?? Sabotage.NONE,
    crossShardQos2: choices.crossShardQos2 ?? 'strict',
  }
}

const NO_FAULTS: FaultRates = {
  crashMs: 0,
  restartMs: 0,
  commitFailureChance: 0,
  sickStoreMs: 0,
  slowStoreMs: 0,
  shardStallMs: 0,
  clockStepMs: 0,
  partitionMs: 0,
}

function faultsOf(prng: Prng): FaultRates {
  const sometimes = (chance: number, meansMs: readonly number[]): number =>
    prng.chance(chance) ? prng.pick(meansMs) : 0
  return {
    crashMs: sometimes(0.6, [5_000, 15_000, 30_000]),
    restartMs: sometimes(0.3, [20_000]),
    commitFailureChance: sometimes(0.3, [0.003, 0.03]),
    sickStoreMs: sometimes(0.25, [15_000]),
    slowStoreMs: sometimes(0.3, [10_000]),
    shardStallMs: sometimes(0.4, [3_000, 10_000]),
    clockStepMs: sometimes(0.2, [10_000]),
    partitionMs: sometimes(0.4, [4_000]),
  }
}

function settingsOf(prng: Prng): BrokerSettings {
  const { mqtt, retainer } = DEFAULT_SETTINGS
  const small = (chance: number, value: number, standard: number): number =>
    prng.chance(chance) ? value : standard
  return {
    ...DEFAULT_SETTINGS,
    mqtt: {
      ...mqtt,
      inflightMax: small(0.4, prng.pick([1, 3, 20]), mqtt.inflightMax),
      awaitingRelMax: small(0.3, prng.pick([2, 10]), mqtt.awaitingRelMax),
      outboxBytesHigh: small(0.4, prng.pick([200, 4_000]), mqtt.outboxBytesHigh),
      pendingAcksMax: small(0.3, prng.pick([2, 10]), mqtt.pendingAcksMax),
      topicAliasMax: small(0.5, prng.pick([0, 3]), mqtt.topicAliasMax),
      queueStoreQos0: prng.chance(0.7),
    },
    retainer: {
      ...retainer,
      deliveryRate: small(0.3, prng.pick([2, 50]), retainer.deliveryRate),
    },
    shared: {
      strategy: prng.pick(['random', 'round_robin', 'round_robin_per_group', 'sticky', 'local']),
      initialStickyPick: 'random',
    },
  }
}
