import { execFileSync } from 'node:child_process'
import { formatLine } from './engine/trace.ts'
import type { Scenario } from './scenario.ts'
import type { Result } from './simulation.ts'

/** Everything that is needed to understand a broken invariant and to see it again. */
export function describeFailure(result: Result, scenario: Scenario, linesMax: number): string {
  const { broken, trace, seed, steps } = result
  if (broken === undefined) return `seed ${seed}: nothing is broken`
  const minutes = scenario.durationMs / 60_000
  const strict = scenario.crossShardQos2 === 'strict' ? ' --strict' : ''
  const { settings, features, ...facts } = scenario
  const { inflightMax, awaitingRelMax, outboxBytesHigh, pendingAcksMax } = settings.mqtt
  const chosen = {
    ...facts,
    features: [...features],
    inflightMax,
    awaitingRelMax,
    outboxBytesHigh,
    pendingAcksMax,
  }
  return [
    '',
    `seed ${seed} breaks an invariant at step ${steps}: ${broken.invariant}`,
    `  ${broken.message}`,
    `commit   ${commit()}`,
    `repeat   npm run simulate -- --seed ${seed} --minutes ${minutes}${strict}`,
    `scenario ${JSON.stringify(chosen)}`,
    `what the clients involved (${broken.clients.join(', ')}) and the broker did last:`,
    ...trace.last(broken.clients, linesMax).map(formatLine),
  ].join('\n')
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}
