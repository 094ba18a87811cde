/** What examples and tests of SQL run with. */
import type { FunctionServices, ValueStore } from '#plugin/define-function.ts'
import type { MutableValueMap, Value } from '#plugin/value.ts'

/** 2023-11-14T22:13:20.123Z */
export const SAMPLE_NOW_MS = 1_700_000_000_123

/** The columns of a published message. */
export function sampleMessage(): MutableValueMap {
  return {
    id: '000611F460D57FA9F44500000D360002',
    clientid: 'c_emqx',
    username: 'u_emqx',
    payload: '{"msg":"hello"}',
    peerhost: '192.168.0.10',
    peername: '192.168.0.10:32781',
    topic: 't/a',
    qos: 1,
    flags: { retain: false, dup: false, sys: false },
    pub_props: { 'User-Property': { foo: 'bar' } },
    publish_received_at: SAMPLE_NOW_MS,
    timestamp: SAMPLE_NOW_MS,
    node: 'tideway@127.0.0.1',
    event: 'message.publish',
    client_attrs: {},
  }
}

function makeStore(): ValueStore {
  const values = new Map<string, Value>()
  return {
    get: (key) => values.get(key),
    set: (key, value) => void values.set(key, value),
    delete: (key) => void values.delete(key),
  }
}

/** Services with a clock that stands still and stores of their own. */
export function sampleServices(): FunctionServices {
  const shared = makeStore()
  const mine = makeStore()
  return {
    nowMs: () => SAMPLE_NOW_MS,
    random: () => 0.25,
    environment: (name) => (name === 'SITE' ? 'north' : undefined),
    shared,
    privateTo: () => mine,
    jqTimeoutMs: 10_000,
    schemas: { find: () => undefined },
  }
}
