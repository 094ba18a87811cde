/** The composition root: the only place that knows which part fills which port. */
import { joinAccess } from '#access/access-control.ts'
import { makeAuthentication } from '#access/authentication/make-authentication.ts'
import { ClientAuthorization } from '#access/authorization/client-authorization.ts'
import type { Fabric, Log } from '#broker/ports.ts'
import { Shard } from '#broker/shard/shard.ts'
import { systemClock } from '#kernel/system/system-clock.ts'
import { systemRandom } from '#kernel/system/system-random.ts'
import { ListenerHost } from '#listeners/listener-host.ts'
import { type HandleTools, makeHandleTools } from '#net/handle-wire.ts'
import { ReadBuffer } from '#net/read-buffer.ts'
import { loadTcpInternals } from '#net/tcp-internals.ts'
import { LmdbStore } from '#storage/lmdb/lmdb-store.ts'
import { readSecret } from './read-secret.ts'
import { RuleEngine } from '#streams/rules/rule-engine.ts'
import { makeRuleServices } from '#streams/rules/rule-services.ts'
import { ShardRuntime, Ticker } from './shard-runtime.ts'
import { ruleServicePorts } from './rule-services.ts'
import { metricsOf, type RuleStart, type ShardStart, slotsOf } from './shard-start.ts'
import { SysPublisher } from './sys-publisher.ts'

/** Puts a shard together in this thread. The caller connects `fabric` to `receiveBatch`. */
export function composeShard(start: ShardStart, fabric: Fabric, log: Log): ShardRuntime {
  const ticker = new Ticker()
  const runtime = new ShardRuntime(ticker)
  const store = new LmdbStore(start.storage, {
    log,
    clock: systemClock,
    pendingBytesMax: start.storagePendingBytesMax,
  })
  const metrics = metricsOf(start.memory)
  const own = metrics[start.shard]
  if (own === undefined) throw new RangeError(`there is no shard ${start.shard}`)
  const authentication = makeAuthentication(start.authentication, {
    shard: start.shard,
    shardCount: fabric.shardCount,
    log,
    clock: systemClock,
    store,
    meters: start.memory.authentication,
    readSecret,
  })
  const authorization = new ClientAuthorization(
    start.authorization,
    { log, clock: systemClock, store, readSecret },
    own,
  )
  const shard = new Shard(
    {
      clock: systemClock,
      random: systemRandom,
      log,
      store,
      access: joinAccess(authentication, authorization),
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
  const listeners = new ListenerHost({
    log,
    nowMs: systemClock.monotonicMs,
    accept: (wire, settings) => shard.accept(wire, settings),
    handleTools: start.useHandles ? handleTools() : undefined,
    ticketKeys: start.ticketKeys,
  })
  const rules = composeRules(start.rules, shard, log)
  const publish = shard.publishSys.bind(shard)
  runtime.use({
    shard,
    store,
    listeners,
    rules,
    authentication,
    authorization,
    log,
    slotsOf: (place) => slotsOf(start.memory, place),
    sys:
      start.shard === 0 ? new SysPublisher(start.broker, metrics, systemClock, publish) : undefined,
  })
  return runtime
}

function composeRules({ settings, specs }: RuleStart, shard: Shard, log: Log): RuleEngine {
  const services = makeRuleServices(ruleServicePorts)
  const { broker } = shard
  const findAction = (): undefined => undefined
  const ports = { broker, clock: systemClock, log, services, findAction }
  const rules = new RuleEngine(ports, settings)
  for (const spec of specs) rules.put(spec)
  return rules
}

function handleTools(): HandleTools | undefined {
  const internals = loadTcpInternals()
  return internals && makeHandleTools(internals, new ReadBuffer())
}
