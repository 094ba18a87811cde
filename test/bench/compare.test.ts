import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { external } from '../../bench/compare/brokers.ts'
import { compare } from '../../bench/compare/compare.ts'
import { median, medianMetrics, type Metrics } from '../../bench/compare/metrics.ts'
import {
  type ComparisonReport,
  formatReport,
  mediansOf,
  type ScenarioReport,
} from '../../bench/compare/report.ts'
import { resultsSection, withResults } from '../../bench/compare/results-section.ts'
import { SCENARIOS } from '../../bench/compare/scenarios.ts'
import {
  atLeast,
  atMost,
  atMostTimesPeer,
  NOTHING_LOST,
  type Target,
  timesFigure,
  timesPeer,
  verdictText,
} from '../../bench/compare/targets.ts'
import { FakeBroker } from './fake-broker.ts'

function judged(target: Target, own: Metrics, peer: Metrics = {}): string {
  const verdict = target.judge(
    new Map([
      ['tideway', own],
      ['mosquitto', peer],
    ]),
  )
  return verdict === undefined ? 'no numbers' : `${verdict.measured}: ${verdictText(verdict)}`
}

describe('medians', () => {
  it('are the middle of the rounds; losses and repetitions the worst', () => {
    const runs: Metrics[] = [
      { rate: 10, lost: 0, duplicated: 2 },
      { rate: 30, lost: 5, duplicated: 0 },
      { rate: 20, lost: 0, duplicated: 0 },
    ]
    assert.deepEqual(medianMetrics(runs), { rate: 20, lost: 5, duplicated: 2 })
    assert.equal(median([1, 2, 3, 10]), 2.5)
  })

  it('leave out what no run has measured', () => {
    assert.deepEqual(medianMetrics([{ rate: 1 }, { rate: 3, p99Ms: 7 }]), { rate: 2, p99Ms: 7 })
    assert.deepEqual(medianMetrics([]), {})
  })
})

describe('targets', () => {
  it('compare with a peer', () => {
    const target = timesPeer('rate', 'mosquitto', 3)
    assert.equal(target.text, 'msg/s ≥ 3 × mosquitto')
    assert.equal(judged(target, { rate: 300 }, { rate: 100 }), '3.00 ×: met')
    assert.equal(judged(target, { rate: 150 }, { rate: 100 }), '1.50 ×: missed by 50 %')
  })

  it('say how much too high a cost is', () => {
    const target = atMostTimesPeer('cpuUs', 'mosquitto', 1 / 4)
    assert.equal(target.text, 'CPU µs/msg ≤ 1/4 mosquitto')
    assert.equal(judged(target, { cpuUs: 1 }, { cpuUs: 4 }), '0.25 ×: met')
    assert.equal(judged(target, { cpuUs: 3 }, { cpuUs: 10 }), '0.30 ×: missed by 20 %')
  })

  it('compare with the figure of a broker that is not here', () => {
    const target = timesFigure('rate', 'flashmq', 100, 1.5)
    assert.equal(target.text, 'msg/s ≥ 1.5 × flashmq (100)')
    assert.equal(judged(target, { rate: 120 }), '120: missed by 20 %')
  })

  it('have limits of their own', () => {
    assert.equal(judged(atLeast('rate', 100_000), { rate: 90_000 }), '90,000: missed by 10 %')
    assert.equal(judged(atMost('firstMs', 100), { firstMs: 42 }), '42.0 ms: met')
  })

  it('know a loss', () => {
    assert.equal(judged(NOTHING_LOST, { lost: 0 }), '0 lost: met')
    assert.equal(judged(NOTHING_LOST, { lost: 3 }), '3 lost: missed')
  })

  it('are open when a number is missing', () => {
    assert.equal(judged(timesPeer('rate', 'mosquitto', 3), { rate: 300 }), 'no numbers')
    assert.equal(judged(atMost('firstMs', 100), {}), 'no numbers')
    assert.equal(judged(NOTHING_LOST, {}), 'no numbers')
  })
})

describe('scenarios', () => {
  it('have names of their own and a target each', () => {
    assert.equal(new Set(SCENARIOS.map(({ name }) => name)).size, SCENARIOS.length)
    for (const { name, targets } of SCENARIOS) assert.ok(targets.length > 0, name)
  })

  it('run against brokers in turns; one that fails does not end the comparison', async () => {
    const broker = await FakeBroker.start()
    const gone = await FakeBroker.start()
    const goneAt = `mosquitto=127.0.0.1:${gone.port}`
    await gone.stop()
    const folder = mkdtempSync(join(tmpdir(), 'tideway-compare-test-'))
    const told: string[] = []
    const reports: ScenarioReport[] = []
    try {
      await compare(
        {
          brokers: [external(`tideway=127.0.0.1:${broker.port}`), external(goneAt)],
          scenarios: SCENARIOS.filter(({ name }) => name === 'big-q0'),
          seconds: 0.2,
          rounds: 1,
          scale: 1,
          brokerCores: undefined,
          loadCores: undefined,
          folder,
          tell: (text) => told.push(text),
        },
        (report) => reports.push(report),
      )
    } finally {
      await broker.stop()
      rmSync(folder, { recursive: true, force: true })
    }
    assert.deepEqual(told, ['big-q0, round 1 of 1: tideway', 'big-q0, round 1 of 1: mosquitto'])
    const [report] = reports
    assert.ok(report !== undefined)
    const [own, other] = report.brokers
    assert.ok((own?.median.rate ?? 0) > 0)
    assert.equal(own?.median.lost, 0)
    assert.match(other?.failures[0] ?? '', /ECONNREFUSED/)
    assert.deepEqual(report.open, ['msg/s ≥ 1.5 × mosquitto'])
    assert.deepEqual(
      report.verdicts.map(({ isMet }) => isMet),
      [true],
    )
  })
})

describe('brokers that run already', () => {
  it('are given by name, host, port and process', () => {
    assert.equal(external('emqx=192.0.2.1:1883:77').name, 'emqx')
    assert.throws(() => external('emqx:1883'), /NAME=host:port/)
  })
})

function exampleReport(): ComparisonReport {
  const brokers = [
    { broker: 'tideway', runs: [{}], median: { rate: 3000, cpuUs: 1, lost: 0 }, failures: [] },
    {
      broker: 'mosquitto',
      runs: [{}],
      median: { rate: 1000, cpuUs: 4, lost: 0, generatorPercent: 99 },
      failures: [],
    },
  ]
  const target = timesPeer('rate', 'mosquitto', 3)
  const verdict = target.judge(mediansOf(brokers))
  assert.ok(verdict !== undefined)
  return {
    tool: 'tideway bench:compare',
    date: '2026-01-31',
    commit: 'abcdef123',
    machine: {
      cpu: 'A processor',
      cores: 2,
      memory: '8 GiB',
      kernel: 'Linux 6',
      node: 'v26',
      dataOn: 'ext4',
      loadBefore: [1.5, 1, 1],
    },
    brokerCores: '0',
    loadCores: '1',
    seconds: 4,
    rounds: 3,
    scale: 0.5,
    brokers: { tideway: 'Tideway', mosquitto: 'Mosquitto' },
    scenarios: [
      {
        name: 'pair-q0',
        summary: '100 pairs',
        brokers,
        verdicts: [verdict],
        open: ['p99 ≤ 1 × mosquitto'],
        without: { aedes: 'cannot' },
      },
    ],
  }
}

it('the report shows targets, ratios and what limits the numbers', () => {
  const text = formatReport(exampleReport())
  assert.match(text, /^\| pair-q0 \| msg\/s ≥ 3 × mosquitto \| 3\.00 × \| met \|$/m)
  assert.match(text, /^\| pair-q0 \| p99 ≤ 1 × mosquitto \|  \| not measured \|$/m)
  assert.match(
    text,
    /^\| mosquitto \| 1,000 \| 4\.00 \| 0 \| 99 % \(limit\) \| 3\.00 \| 0\.25 \|$/m,
  )
  assert.match(text, /The machine was not quiet/)
  assert.match(text, /at 0\.5 of their size/)
  assert.match(text, /aedes cannot/)
})

it('the page of the docs gets the results, a scenario measured again those of the last run', () => {
  const report = exampleReport()
  const [scenario] = report.scenarios
  assert.ok(scenario !== undefined)
  const idle = { broker: 'tideway', runs: [{}], median: { connectsPerSecond: 1_200 }, failures: [] }
  const again = {
    ...report,
    commit: '000000000',
    scenarios: [{ ...scenario, name: 'idle-50k', brokers: [idle], verdicts: [] }],
  }
  assert.match(resultsSection([report]), /^All: measured on 2026-01-31, commit abcdef123$/m)
  const section = resultsSection([report, again, again])
  assert.match(section, /^`pair-q0`: measured on 2026-01-31, commit abcdef123$/m)
  assert.match(section, /^`idle-50k`: measured on 2026-01-31, commit 000000000$/m)
  assert.match(section, /^\| `pair-q0` \| 3,000, 1\.00 \| 1,000, 4\.00 \|  \| 3\.00, 0\.25, – \|$/m)
  assert.match(section, /^\| `idle-50k`: connects\/s \| 1,200 \|  \|  \|$/m)
  assert.match(section, /^\| pair-q0 \| msg\/s ≥ 3 × mosquitto \| 3\.00 × \| met \|$/m)
  const page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8')
  const once = withResults(page, section)
  assert.ok(once.includes(section))
  assert.equal(withResults(once, section), once)
  assert.throws(() => withResults('# A page', section), /has no lines <!-- results/)
})
