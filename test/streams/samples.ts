/** What examples and tests of SQL run with. */
import type { FunctionServices, ValueStore } from '#plugin/define-function.ts'
import type { MutableValueMap, Value } from '#plugin/value.ts'
import { SchemaRegistry } from '#streams/schemas/schema-registry.ts'
import type { SchemaSpec } from '#streams/schemas/schema-spec.ts'

/** Schemas that examples of functions name. */
const SAMPLE_SCHEMAS: readonly SchemaSpec[] = [
  {
    name: 'person_avro',
    type: 'avro',
    description: '',
    source: JSON.stringify({
      type: 'record',
      name: 'Person',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'age', type: 'int' },
        { name: 'born', type: 'long' },
      ],
    }),
  },
  {
    name: 'person_proto',
    type: 'protobuf',
    description: '',
    source: `
      syntax = "proto3";
      message Person {
        enum Kind { UNKNOWN = 0; ADULT = 1; }
        string name = 1;
        int32 id = 2;
        repeated string phones = 3;
        Kind kind = 4;
      }`,
  },
  {
    name: 'person_json',
    type: 'json',
    description: '',
    source: JSON.stringify({
      type: 'object',
      properties: { name: { type: 'string' } },
      required: ['name'],
    }),
  },
]

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
    schemas: new SchemaRegistry(SAMPLE_SCHEMAS),
  }
}
