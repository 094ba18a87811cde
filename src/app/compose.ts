/** The composition root: the only place that knows which part fills which port. */
import { Metric } from '#broker/metrics.ts'
import type { Fabric } from '#broker/ports.ts'
import type { CloseCause } from '#broker/session/outlet.ts'
import type { ShardMessage } from '#broker/shard/messages.ts'
import { Shard } from '#broker/shard/shard.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { SystemLog } from '#kernel/system/log-record.ts'
import { makePreciseClock, systemClock } from '#kernel/system/system-clock.ts'
import { systemRandom } from '#kernel/system/system-random.ts'
import { ListenerHost } from '#listeners/listener-host.ts'
import { OverloadMonitor } from '#listeners/overload-monitor.ts'
import { type HandleTools, makeHandleTools } from '#net/handle-wire.ts'
import { ReadBuffer } from '#net/read-buffer.ts'
import { loadTcpInternals } from '#net/tcp-internals.ts'
import { LmdbStore } from '#storage/lmdb/lmdb-store.ts'
import { composeAccess } from './compose-access.ts'
import type { RuleEngine } from '#streams/rules/rule-engine.ts'
import type { RuleTracer } from '#streams/tracing/rule-tracer.ts'
import { MessageTracer } from '#streams/tracing/message-tracer.ts'
import { OverloadSampler } from './overload-sampler.ts'
import { composeRules } from './compose-rules.ts'
import { ShardRuntime, Ticker } from './shard-runtime.ts'
import { metricsOf, type ShardStart, slotsOf } from './shard-start.ts'
import { SysPublisher } from './sys-publisher.ts'

/** A ban ends connections, also those that are about to be let in. */
const BANNED: CloseCause = {
  reason: ReasonCode.BANNED,
  code: 'banned',
  text: 'The client is banned.',
  dropWill: true,
}

/** Puts a shard together in this thread. The caller connects `fabric` to `receiveBatch`. */
export function composeShard(start: ShardStart, fabric: Fabric, log: SystemLog): ShardRuntime {
  const ticker = new Ticker()
  const runtime = new ShardRuntime(ticker)
  const store = new LmdbStore(start.storage, {
    log: log.of('storage'),
    clock: systemClock,
    pendingBytesMax: start.storagePendingBytesMax,
  })
  const metrics = metricsOf(start.memory)
  const own = metrics[start.shard]
  if (own === undefined) throw new RangeError(`there is no shard ${start.shard}`)
  const access = composeAccess(start, {
    log: log.of('access'),
    store,
    metrics: own,
    send(to, message) {
      const wrapped: ShardMessage = { kind: 'access', message }
      fabric.send(to, wrapped)
      ticker.request()
    },
    kick: (matches) => void shard.closeClients(matches, BANNED),
  })
  const shard = new Shard(
    {
      clock: systemClock,
      random: systemRandom,
      log: log.of('broker'),
      store,
      access,
      fabric,
      metrics: own,
      requestTick: ticker.request,
      run: start.run,
      sharedTotals: {
        retained: start.memory.retainedTotals,
        delayed: start.memory.delayedTotals,
      },
    },
    start.broker,
  )
  const overload = new OverloadMonitor(start.overload, log.of('listeners'))
  const listeners = new ListenerHost({
    log: log.of('listeners'),
    nowMs: systemClock.monotonicMs,
    accept: (wire, settings) => shard.accept(wire, settings),
    handleTools: start.useHandles ? handleTools() : undefined,
    overload,
    overloadRefused: () => own.increment(Metric.OVERLOAD_PROTECTION_NEW_CONN),
    ticketKeys: start.ticketKeys,
  })
  const publish = shard.publishSys.bind(shard)
  const ruleParts = composeRules(start, shard, log)
  runtime.use({
    shard,
    store,
    listeners,
    ...ruleParts,
    tracer: composeTracer(start, shard, ruleParts.rules),
    access,
    log,
    overload: new OverloadSampler(overload),
    slotsOf: (place) => slotsOf(start.memory, place),
    sys:
      start.shard === 0 ? new SysPublisher(start.broker, metrics, systemClock, publish) : undefined,
  })
  return runtime
}

function composeTracer(start: ShardStart, shard: Shard, rules: RuleEngine): MessageTracer {
  const ports = {
    hooks: shard.broker.core.hooks,
    nowMs: makePreciseClock(),
    monotonicMs: systemClock.monotonicMs,
    chance: systemRandom.next,
    hexId: systemRandom.hexId,
    watchRules(tracer: RuleTracer | undefined) {
      rules.tracer = tracer
    },
  }
  return new MessageTracer(ports, start.tracing)
}

function handleTools(): HandleTools | undefined {
  const internals = loadTcpInternals()
  return internals && makeHandleTools(internals, new ReadBuffer())
}
