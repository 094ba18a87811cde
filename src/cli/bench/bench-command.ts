import { writeFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { BenchError } from './bench-run.ts'
import { MODE_DEFAULTS } from './default-shape.ts'
import { chooseLocalAddresses, limitProblem, readHostLimits } from './limits.ts'
import { type BenchOptions, DEFAULTS, makePlan, OptionError } from './make-plan.ts'
import { BenchMode, type BenchPlan } from './plan.ts'
import { ProgressLine } from './progress-line.ts'
import type { BenchResult } from './result.ts'
import { formatResult } from './result-table.ts'
import { runBench } from './run-bench.ts'

const SUMMARIES: Readonly<Record<BenchMode, string>> = {
  conn: 'connect clients and keep them connected',
  pub: 'publish, nobody here receives',
  sub: 'subscribe and count what others publish',
  pair: 'each publisher has a topic of its own and one subscriber (or several)',
  fanin: 'many publishers, each subscriber gets everything',
  fanout: 'few publishers, many subscribers of the same topic',
  shared: 'the subscribers share one subscription, each message goes to one of them',
  retained: 'store retained messages, subscribe, and wait for them',
}

/** The command `bench` with one subcommand for each mode. */
export function makeBenchCommand(): Command {
  const bench = new Command('bench')
    .description('measure an MQTT broker: throughput, latency, losses, repetitions')
    .helpOption('--help', 'show this text')
  for (const mode of Object.values(BenchMode)) bench.addCommand(modeCommand(mode))
  return bench
}

function modeCommand(mode: BenchMode): Command {
  const command = new Command(mode)
    .description(SUMMARIES[mode])
    .helpOption('--help', 'show this text')
    .allowExcessArguments(false)
  const { publishers, subscribers } = MODE_DEFAULTS[mode]
  for (const option of brokerOptions()) command.addOption(option)
  for (const option of clientOptions(mode)) command.addOption(option)
  if (mode !== BenchMode.CONN) for (const option of messageOptions(mode)) command.addOption(option)
  if (publishers > 0 && mode !== BenchMode.CONN) {
    for (const option of publishOptions()) command.addOption(option)
  }
  if (subscribers > 0) for (const option of subscribeOptions()) command.addOption(option)
  for (const option of runOptions()) command.addOption(option)
  return command.action(async (options: CommandOptions) => runCommand(mode, options))
}

interface CommandOptions extends BenchOptions {
  readonly json?: string
}

async function runCommand(mode: BenchMode, options: CommandOptions): Promise<void> {
  try {
    const plan = prepare(makePlan(mode, options))
    const result = await runInterruptible(plan)
    if (options.json !== undefined) writeJson(options.json, result)
    if (options.json !== '-') process.stdout.write(formatResult(result))
  } catch (error) {
    if (!(error instanceof OptionError || error instanceof BenchError)) throw error
    process.stderr.write(`tideway bench: ${error.message}\n`)
    process.exitCode = error instanceof OptionError ? 2 : 1
  }
}

/** Looks whether this host allows the plan. */
function prepare(plan: BenchPlan): BenchPlan {
  const limits = readHostLimits()
  const problem = limitProblem(plan.publishers + plan.subscribers, limits)
  if (problem !== undefined) throw new BenchError(problem)
  const localAddresses = chooseLocalAddresses(plan, limits)
  if (localAddresses === undefined) {
    throw new BenchError(
      `one address has ${limits.portsEach} ports for connections to one port of the broker: name ` +
        `several addresses of this host by --ifaddr a,b,…, or widen net.ipv4.ip_local_port_range`,
    )
  }
  return { ...plan, target: { ...plan.target, localAddresses } }
}

async function runInterruptible(plan: BenchPlan): Promise<BenchResult> {
  const line = new ProgressLine(process.stderr)
  const controller = new AbortController()
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort()
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    const progress = line.show.bind(line)
    return await runBench(plan, { progress, signal: controller.signal })
  } finally {
    line.clear()
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

function writeJson(path: string, result: BenchResult): void {
  const text = `${JSON.stringify(result, undefined, 2)}\n`
  if (path === '-') return void process.stdout.write(text)
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw new BenchError(`--json ${path}: ${(error as { code?: string }).code ?? 'not writable'}`)
  }
}

function brokerOptions(): readonly Option[] {
  return [
    new Option('-h, --host <name>', 'broker').default(DEFAULTS.host),
    new Option(
      '-p, --port <port>',
      'default 1883, 8883 (TLS), 8083 (WebSocket), 8084 (both)',
    ).argParser(integer(1, 65_535)),
    new Option('-V, --protocol <3|4|5>', 'MQTT 3.1, 3.1.1 or 5')
      .argParser(integer(3, 5))
      .default(DEFAULTS.protocol),
    new Option('--tls', 'connect by TLS'),
    new Option('--cafile <file>', 'certificate authorities, PEM'),
    new Option('--insecure', 'accept any certificate'),
    new Option('--cert <file>', 'own certificate, PEM'),
    new Option('--key <file>', 'key of the own certificate, PEM'),
    new Option('--ws [path]', 'connect by WebSocket (path /mqtt)'),
    new Option('--ifaddr <list>', 'addresses of this host to connect from, with commas').argParser(
      (text: string) => text.split(','),
    ),
  ]
}

function clientOptions(mode: BenchMode): readonly Option[] {
  const { publishers, subscribers } = MODE_DEFAULTS[mode]
  const counts =
    publishers === 0 || subscribers === 0
      ? [
          new Option(
            '-c, --clients <n>',
            `clients (default ${publishers + subscribers})`,
          ).argParser(integer(1, 10_000_000)),
        ]
      : [
          new Option('-P, --publishers <n>', `publishers (default ${publishers})`).argParser(
            integer(1, 10_000_000),
          ),
          new Option('-S, --subscribers <n>', `subscribers (default ${subscribers})`).argParser(
            integer(1, 10_000_000),
          ),
        ]
  return [
    ...counts,
    new Option(
      '-R, --connect-rate <n>',
      'connections for each second (default: no limit)',
    ).argParser(positive),
    new Option('--connect-timeout <s>', 'longest wait for a CONNACK')
      .argParser(positive)
      .default(DEFAULTS.connectTimeout),
    new Option('-k, --keepalive <s>', '0: none')
      .argParser(integer(0, 65_535))
      .default(DEFAULTS.keepalive),
    new Option('-u, --username <name>', ''),
    new Option('--password <text>', ''),
    new Option('--prefix <text>', 'start of the client identifiers (default: new for each run)'),
    new Option('--clean', 'start without an earlier session').default(DEFAULTS.clean),
    new Option('--no-clean', 'keep the sessions'),
    new Option('--session-expiry <s>', 'MQTT 5 (default 7200 with --no-clean, else 0)').argParser(
      integer(0, 0xffff_ffff),
    ),
  ]
}

function messageOptions(mode: BenchMode): readonly Option[] {
  const { qos, topic } = MODE_DEFAULTS[mode]
  return [
    new Option('-q, --qos <0|1|2>', `QoS of messages and subscriptions (default ${qos})`).argParser(
      integer(0, 2),
    ),
    new Option('-t, --topic <template>', `%i client, %c client id, {s} message (default ${topic})`),
    new Option('-s, --size <bytes>', 'payload; from 16 on latency and repetitions are seen')
      .argParser(integer(0, 100_000_000))
      .default(DEFAULTS.size),
    new Option(
      '-n, --count <n>',
      'messages in all (default: as many as fit into the time)',
    ).argParser(integer(1, 1_000_000_000)),
  ]
}

function publishOptions(): readonly Option[] {
  return [
    new Option(
      '-r, --rate <n>',
      'messages for each second, all publishers (default: no limit)',
    ).argParser(positive),
    new Option('-I, --interval <ms>', 'time between two messages of a publisher').argParser(
      positive,
    ),
    new Option('-b, --burst <n>', 'messages that a publisher writes at once')
      .argParser(integer(1, 10_000))
      .default(DEFAULTS.burst),
    new Option('--window <n>', 'deliveries under way, all clients (default: by mode)').argParser(
      integer(1, 100_000_000),
    ),
    new Option('--inflight <n>', 'QoS 1 and 2: unacknowledged messages of a publisher')
      .argParser(integer(1, 65_535))
      .default(DEFAULTS.inflight),
    new Option(
      '--topics <n>',
      'distinct topics when the topic has {s} or {r} (default 1000)',
    ).argParser(integer(1, 100_000_000)),
    new Option('--retain', 'publish with the retain flag'),
    new Option('--keep', 'retained: leave the messages in the broker'),
  ]
}

function subscribeOptions(): readonly Option[] {
  return [
    new Option('--filter <template>', 'topic filter (default: what covers the topic)'),
    new Option('--filters <n>', 'filters of each subscriber, numbered on by %i')
      .argParser(integer(1, 100_000))
      .default(DEFAULTS.filters),
    new Option('--group <name>', 'shared: name of the group').default(DEFAULTS.group),
  ]
}

function runOptions(): readonly Option[] {
  return [
    new Option('-d, --duration <s>', 'measured time, 0: until Ctrl-C')
      .argParser(notNegative)
      .default(DEFAULTS.duration),
    new Option('--warmup <s>', 'time before it').argParser(notNegative).default(DEFAULTS.warmup),
    new Option('--drain <s>', 'wait at the end while nothing comes')
      .argParser(notNegative)
      .default(DEFAULTS.drain),
    new Option('--threads <n>', 'load threads (default: cores less one)').argParser(
      integer(1, 256),
    ),
    new Option(
      '--pid <pid>',
      'process of the broker on this host: measure its CPU and memory',
    ).argParser(integer(1, 2 ** 31)),
    new Option('--json <file>', 'write the result as JSON; -: instead of the table'),
  ]
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`a whole number from ${min} to ${max} is wanted.`)
  }
}

function positive(text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError('a number above 0 is wanted.')
}

function notNegative(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value
  throw new InvalidArgumentError('a number from 0 on is wanted.')
}
