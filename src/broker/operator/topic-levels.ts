import { isLongTopic, TABLE_START, topicOrder } from '../retained/retained-key.ts'
import type { RetainedStore } from '../retained/retained-store.ts'
import type { Broker } from '../shard/broker.ts'
import { LevelNames } from './level-names.ts'
import { SliceTimer } from './slices.ts'
import type { Sliced } from './slices.ts'
import type { LevelQuery, LevelView } from './views.ts'

/** The least key text behind a topic and all topics below it. */
const BEHIND = '\x01'
const BELOW = '\0'

/** Levels below a topic, of the topics that this shard has met lately. */
export function* metLevels({ core }: Broker, query: LevelQuery): Sliced<readonly LevelView[]> {
  const timer = new SliceTimer(core.ports.clock)
  const names = new LevelNames(query)
  const end = lengthOf(query)
  for (const topic of core.router.cachedTopics()) {
    if (timer.due()) yield
    const level = names.level(topic)
    if (level === undefined) continue
    level.topics++
    if (topic.length === end + level.name.length) level.isMet = true
  }
  return names.views()
}

/** Levels below a topic, of all filters and retained messages. */
export function* keptLevels(
  { core, retained }: Broker,
  query: LevelQuery,
): Sliced<readonly LevelView[]> {
  const timer = new SliceTimer(core.ports.clock)
  const names = new LevelNames(query)
  for (const { filter } of core.router.filters()) {
    if (timer.due()) yield
    const level = names.level(filter)
    if (level !== undefined) level.filters++
  }
  yield* addRetained(retained, query, names)
  return names.views()
}

/** Goes from level to level, however many messages are below each. */
function* addRetained(
  retained: RetainedStore,
  { parent, after, limit }: LevelQuery,
  names: LevelNames,
): Sliced<void> {
  const prefix = parent === undefined ? '' : `${parent}/`
  let position = prefix === '' ? TABLE_START : topicOrder(prefix)
  if (after !== undefined) position = topicOrder(prefix + after) + BEHIND
  for (let found = 0; found <= limit; found++) {
    const topic = yield* firstFrom(retained, position)
    if (topic === undefined || !topic.startsWith(prefix)) return
    const level = names.level(topic)
    const slash = topic.indexOf('/', prefix.length)
    const path = slash === -1 ? topic : topic.slice(0, slash)
    const order = topicOrder(path)
    // The keys of such topics are cut: one cannot go on behind just this level.
    if (isLongTopic(order + BEHIND)) return
    if (level !== undefined && topic === path) {
      level.isRetained = true
      const below = yield* firstFrom(retained, order + BELOW)
      if (below?.startsWith(`${path}/`) === true) level.isDeeper = true
    }
    position = order + BEHIND
    yield
  }
}

function* firstFrom(retained: RetainedStore, position: string): Sliced<string | undefined> {
  const cursor = retained.open(undefined, { position })
  let topic: string | undefined
  while (
    cursor.next(1, (message) => {
      topic = message.topic.topic
      return false
    }) &&
    topic === undefined
  ) {
    yield
  }
  return topic
}

function lengthOf({ parent }: LevelQuery): number {
  return parent === undefined ? 0 : parent.length + 1
}
