/** Values that outlive a record, and variables of the environment. */
import {
  arg,
  defineFunction,
  type FunctionContext,
  optional,
  type ValueStore,
} from '#plugin/define-function.ts'

function own(context: FunctionContext): ValueStore {
  const clientId = context.column('clientid')
  return context.services.privateTo(typeof clientId === 'string' ? clientId : '')
}

/** Put, get and delete of one store. */
function storeFunctions(
  [putName, getName, deleteName]: readonly [string, string, string],
  whose: string,
  storeOf: (context: FunctionContext) => ValueStore,
) {
  return [
    defineFunction({
      name: putName,
      category: 'state',
      arguments: [arg('key', 'string'), arg('value', 'any')],
      result: 'any',
      text: `Keeps a value in memory ${whose}, until the node stops. Gives the value.`,
      examples: [{ sql: `${putName}('k', 1)`, gives: 1 }],
      callIn: (context, key, value) => {
        storeOf(context).set(key, value)
        return value
      },
    }),
    defineFunction({
      name: getName,
      category: 'state',
      arguments: [arg('key', 'string'), optional('default', 'any')],
      result: 'any',
      text: `The value that was kept ${whose}, or the default.`,
      examples: [
        { sql: `${getName}('other')`, gives: undefined },
        { sql: `${getName}('other', 5)`, gives: 5 },
      ],
      callIn: (context, key, fallback) => storeOf(context).get(key) ?? fallback,
    }),
    defineFunction({
      name: deleteName,
      category: 'state',
      arguments: [arg('key', 'string')],
      result: 'any',
      text: `Forgets what was kept ${whose}. Gives what it was.`,
      examples: [{ sql: `${deleteName}('other')`, gives: undefined }],
      callIn: (context, key) => {
        const store = storeOf(context)
        const old = store.get(key)
        store.delete(key)
        return old
      },
    }),
  ]
}

export const stateFunctions = [
  ...storeFunctions(
    ['kv_store_put', 'kv_store_get', 'kv_store_del'],
    'for all rules',
    ({ services }) => services.shared,
  ),
  ...storeFunctions(['proc_dict_put', 'proc_dict_get', 'proc_dict_del'], 'for one publisher', own),
  defineFunction({
    name: 'getenv',
    category: 'state',
    arguments: [arg('name', 'string', 'Without the prefix.')],
    result: 'string',
    text:
      'A variable of the environment whose name begins with `EMQXVAR_` or `TIDEWAYVAR_`; empty ' +
      'when it is not set.',
    examples: [
      { sql: "getenv('SITE')", gives: 'north' },
      { sql: "getenv('NONE')", gives: '' },
    ],
    callIn: ({ services }, name) => services.environment(name) ?? '',
  }),
]
