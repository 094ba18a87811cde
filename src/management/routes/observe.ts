import {
  clearAlarms,
  clearMonitor,
  deactivateAlarm,
  getMonitor,
  getMonitorCurrent,
  getNodeMonitor,
  getNodeMonitorCurrent,
  getShardMonitor,
  listAlarms,
  streamMonitorCurrent,
} from '../contract/observe.ts'
import type { ManagementContext } from '../context.ts'
import { notFound } from '../http/api-error.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'
import type { Alarm } from '../observe/alarms.ts'
import { alarmBody } from '../observe/live-sample.ts'
import { checkNode } from './nodes.ts'
import { readPage, sortedListing } from './read-page.ts'

/** Charts and alarms. */
export function observeRoutes(context: ManagementContext): readonly Route[] {
  return [...monitorRoutes(context), ...alarmRoutes(context)]
}

function monitorRoutes(context: ManagementContext): readonly Route[] {
  const { node, sampler, shardSampler, live } = context
  return [
    route(getMonitor, ({ query }) => ok([...sampler.points(query.latest)])),
    route(clearMonitor, () => {
      sampler.clear()
      shardSampler.clear()
      return noContent()
    }),
    route(getShardMonitor, ({ query }) => ok([...shardSampler.points(query.latest)])),
    route(getNodeMonitor, ({ params, query }) => {
      checkNode(context, params.node)
      return ok([...sampler.points(query.latest)])
    }),
    route(getMonitorCurrent, () => ok(sampler.current())),
    route(streamMonitorCurrent, ({ query }) => ok(live.listen(query.count))),
    route(getNodeMonitorCurrent, ({ params }) => {
      checkNode(context, params.node)
      const uptimeS = Math.floor((node.nowMs() - node.startedAtMs) / 1000)
      return ok({ ...sampler.current(), node_uptime: uptimeS })
    }),
  ]
}

function latestFirst({ name, activatedAtMs, deactivatedAtMs }: Alarm): [number, number, string] {
  return [-(deactivatedAtMs ?? activatedAtMs), -activatedAtMs, name]
}

function alarmRoutes(context: ManagementContext): readonly Route[] {
  const { alarms } = context
  return [
    route(listAlarms, ({ query }) => {
      const { activated = true } = query
      const all = activated ? alarms.active() : alarms.ended()
      const listing = sortedListing(all, ['number', 'number', 'string'], latestFirst)
      return readPage(query, listing, (alarm) => alarmBody(context.node, alarm))
    }),
    route(clearAlarms, () => {
      alarms.clearEnded()
      return noContent()
    }),
    route(deactivateAlarm, ({ body: { name } }) => {
      if (!alarms.deactivate(name)) throw notFound(`There is no active alarm ${name}.`)
      return noContent()
    }),
  ]
}
