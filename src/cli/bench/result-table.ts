import { formatBytes, formatCount, formatMs } from './format-number.ts'
import { describeProblem } from './problems.ts'
import type { BenchResult, MessageResult, RetainedResult, Times } from './result.ts'

/** A generator that takes more of a core than this may be what limits the result. */
const BUSY_PERCENT = 95

type Row = readonly [name: string, value: string]

/** The closing table of a run. */
export function formatResult(result: BenchResult): string {
  const rows: Row[] = [
    ['broker', `${result.broker}, ${describeOptions(result)}`],
    ...connectionRows(result),
    ...(result.messages === undefined ? [] : messageRows(result.messages, result.options.qos)),
    ...(result.retained === undefined ? [] : retainedRows(result.retained)),
    ...brokerRows(result),
    ...generatorRows(result),
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
  const problems = result.problems.map((problem) => `! ${describeProblem(problem)}`)
  return `${[...lines, ...problems].join('\n')}\n`
}

function describeOptions({ mode, options, interrupted }: BenchResult): string {
  const { publishers, subscribers, qos, payloadBytes, transport, version } = options
  const clients =
    mode === 'conn'
      ? `${publishers} clients`
      : [
          publishers > 0 ? `${publishers} publishers` : '',
          subscribers > 0 ? `${subscribers} subscribers` : '',
          `QoS ${qos}`,
          `${payloadBytes} B`,
        ]
          .filter((part) => part !== '')
          .join(', ')
  const levels = { 3: '3.1', 4: '3.1.1', 5: '5' } as Readonly<Record<number, string>>
  const end = interrupted ? ', interrupted' : ''
  return `${mode}: ${clients}, MQTT ${levels[version] ?? version} over ${transport}${end}`
}

function connectionRows({ connections }: BenchResult): readonly Row[] {
  const { connected, wanted, failed, disconnected, perSecond, times } = connections
  const ended = disconnected > 0 ? `, ${formatCount(disconnected)} ended early` : ''
  const missing = failed > 0 ? `, ${formatCount(failed)} failed` : ''
  return [
    ['connected', `${formatCount(connected)} of ${formatCount(wanted)}${missing}${ended}`],
    ['connect rate', `${formatCount(perSecond)}/s, ${describeTimes(times)}`],
  ]
}

function messageRows(messages: MessageResult, qos: number): readonly Row[] {
  const rows: Row[] = []
  const { sent, deliveredInAll, expectedInAll } = messages
  if (sent > 0) rows.push(['sent', `${formatCount(messages.sentPerSecond)}/s`])
  if (qos > 0 && sent > 0) {
    const refused = messages.refused > 0 ? `, ${formatCount(messages.refused)} refused` : ''
    const open = `${formatCount(messages.unacknowledged)} never`
    const rate = `${formatCount(messages.ackedPerSecond)}/s`
    rows.push(['acknowledged', `${rate}, ${describeTimes(messages.ackTimes)}, ${open}${refused}`])
  }
  if (deliveredInAll > 0 || expectedInAll > 0) {
    rows.push(['delivered', `${formatCount(messages.deliveredPerSecond)}/s`])
    rows.push(['latency', describeTimes(messages.deliveryTimes)])
  }
  if (expectedInAll > 0) rows.push(['lost', lossText(messages)])
  return rows
}

function lossText(messages: MessageResult): string {
  const { lost, expectedInAll, duplicated, late, foreign, stalls } = messages
  const parts = [
    `${formatCount(lost)} of ${formatCount(expectedInAll)}`,
    `${formatCount(duplicated)} duplicated`,
  ]
  if (late > 0) parts.push(`${formatCount(late)} out of order`)
  if (foreign > 0) parts.push(`${formatCount(foreign)} foreign`)
  if (stalls > 0) parts.push(`${stalls} stalls of 1 s`)
  return parts.join(', ')
}

function retainedRows(retained: RetainedResult): readonly Row[] {
  const { stored, storedPerSecond, firstTimes, delivered, expected, allMs } = retained
  return [
    ['stored', `${formatCount(stored)}, ${formatCount(storedPerSecond)}/s`],
    ['first retained', describeTimes(firstTimes)],
    [
      'all retained',
      `${formatCount(delivered)} of ${formatCount(expected)} in ${formatMs(allMs)}, ` +
        `${formatCount(retained.deliveredPerSecond)}/s`,
    ],
  ]
}

function brokerRows({ brokerUse, connections, mode }: BenchResult): readonly Row[] {
  if (brokerUse === undefined) return []
  const { cpuUsPerMessage, cpuPercent, residentBytes, residentBytesBefore } = brokerUse
  const what = mode === 'conn' ? 'connection' : 'message'
  const grown = residentBytes - residentBytesBefore
  const each = mode === 'conn' ? `, ${formatBytes(grown / connections.connected)} each` : ''
  return [
    ['broker CPU', `${cpuUsPerMessage.toFixed(2)} µs for each ${what}, ${cpuPercent.toFixed(0)} %`],
    [
      'broker memory',
      `${formatBytes(residentBytes)} (${grown < 0 ? '' : '+'}${formatBytes(grown)}${each})`,
    ],
  ]
}

function generatorRows({ generatorCpuPercent, options }: BenchResult): readonly Row[] {
  const isBusy = generatorCpuPercent > BUSY_PERCENT * options.threads
  const note = isBusy ? ' - it may be what limits the result: try more --threads' : ''
  return [['generator', `${generatorCpuPercent.toFixed(0)} % of a core${note}`]]
}

function describeTimes({ count, p50, p99, p999, max }: Times): string {
  if (count === 0) return 'no times'
  const parts = [
    `p50 ${formatMs(p50)}`,
    `p99 ${formatMs(p99)}`,
    `p99.9 ${formatMs(p999)}`,
    `max ${formatMs(max)}`,
  ]
  return parts.join(', ')
}
