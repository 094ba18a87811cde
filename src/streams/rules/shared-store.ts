import type { Broker } from '#broker/shard/broker.ts'
import type { ValueStore } from '#plugin/define-function.ts'
import { isList, isMap, setKey } from '#plugin/value.ts'
import type { MutableValueMap, Value } from '#plugin/value.ts'

/** What shards tell each other of a value; `value` is absent when it was deleted. */
interface Told {
  readonly key: string
  readonly value?: Value
}

/**
 * A store whose values all shards of the node see: each has a copy, and tells the others what it
 * changes. Of two changes at the same time the later one to arrive stays, in each shard for itself.
 */
export function shareStore(store: ValueStore, { core, links }: Broker): ValueStore {
  const tell = (what: Told): void => {
    if (core.shardCount === 1) return
    links.broadcast({ kind: 'tell', what })
    core.startTick()
  }
  core.hooks.told = (what) => {
    // Nothing else is told.
    const { key, value } = what as Told
    if (value === undefined) store.delete(key)
    else store.set(key, revive(value))
  }
  return {
    get: (key) => store.get(key),
    set(key, value) {
      store.set(key, value)
      tell({ key, value })
    },
    delete(key) {
      store.delete(key)
      tell({ key })
    },
  }
}

/** On the way between threads a Buffer becomes a plain array of bytes. */
function revive(value: Value): Value {
  if (isList(value)) return value.map(revive)
  if (isMap(value)) {
    const copy: MutableValueMap = {}
    for (const [key, part] of Object.entries(value)) setKey(copy, key, revive(part))
    return copy
  }
  return value instanceof Uint8Array ? Buffer.from(value) : value
}
