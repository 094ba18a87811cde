import { BenchMode, Tracking } from './plan.ts'
import { coveringFilter, parseTopicTemplate } from './topic-template.ts'

/** What a mode starts from. */
export interface ModeDefaults {
  readonly publishers: number
  readonly subscribers: number
  readonly topic: string
  readonly qos: 0 | 1 | 2
}

/** Defaults of every mode. */
export const MODE_DEFAULTS: Readonly<Record<BenchMode, ModeDefaults>> = {
  conn: { publishers: 1000, subscribers: 0, topic: 'bench/%i', qos: 0 },
  pub: { publishers: 100, subscribers: 0, topic: 'bench/%i', qos: 0 },
  sub: { publishers: 0, subscribers: 100, topic: 'bench/#', qos: 0 },
  pair: { publishers: 100, subscribers: 100, topic: 'bench/%i/data', qos: 0 },
  fanin: { publishers: 100, subscribers: 1, topic: 'bench/in/%i', qos: 0 },
  fanout: { publishers: 1, subscribers: 100, topic: 'bench/out', qos: 0 },
  shared: { publishers: 100, subscribers: 20, topic: 'bench/in/%i', qos: 0 },
  retained: { publishers: 10, subscribers: 1, topic: 'bench/retained/{s}', qos: 1 },
}

/** How the messages of a plan spread. */
export interface Shape {
  readonly filter: string
  readonly copies: number
  readonly tracking: Tracking
}

/** What the shape depends on. */
export interface ShapeInput {
  readonly mode: BenchMode
  readonly topic: string
  readonly filter: string | undefined
  readonly publishers: number
  readonly subscribers: number
  readonly group: string
}

/** Filter, deliveries for each message, and tracking that follow from mode and topic. */
export function shapeOf(input: ShapeInput): Shape {
  const { mode, topic, publishers, subscribers, group } = input
  const { variesByMessage } = parseTopicTemplate(topic)
  const covering = input.filter ?? coveringFilter(topic)
  const { NONE, ORDER, ONCE } = Tracking
  switch (mode) {
    case BenchMode.CONN:
    case BenchMode.PUB:
      return { filter: '', copies: 0, tracking: NONE }
    case BenchMode.SUB:
      return { filter: input.filter ?? topic, copies: 0, tracking: NONE }
    case BenchMode.RETAINED:
      return { filter: covering, copies: 0, tracking: NONE }
    case BenchMode.SHARED:
      return { filter: `$share/${group}/${covering}`, copies: 1, tracking: ONCE }
    case BenchMode.PAIR:
      // With random topics nobody knows who gets a message, only that one does.
      if (variesByMessage) return { filter: covering, copies: 1, tracking: ONCE }
      return {
        filter: input.filter ?? topic,
        copies: Math.max(1, Math.floor(subscribers / publishers)),
        tracking: ORDER,
      }
    case BenchMode.FANIN:
    case BenchMode.FANOUT:
      return { filter: covering, copies: subscribers, tracking: ORDER }
  }
}
