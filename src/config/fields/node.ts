/** `node.*` and `durability.*`: what this process is and how it keeps data. */
import { bytes, int, object, oneOf, string } from '../field.ts'

/** Shards of a node. The router has one bit for each in a mask of 31, small integers to V8. */
export const SHARDS_MAX = 30

const NODE_NAME = /^[A-Za-z0-9_-]+@[A-Za-z0-9.:_-]+$/

export const node = object(
  {
    name: string({
      text: 'Name of this node, `name@host`; part of the topics under `$SYS`.',
      pattern: NODE_NAME,
      patternText: '`name@host`',
      lengthMax: 255,
      default: 'tideway@127.0.0.1',
    }),
    data_dir: string({
      text: 'Folder of everything that is kept: sessions, messages, users, settings.',
      path: true,
      default: 'data',
    }),
    shards: int({
      text: 'Threads that serve clients. `auto`: one for each available core, up to 30.',
      words: ['auto'],
      min: 1,
      max: SHARDS_MAX,
      default: 'auto',
    }),
  },
  { text: 'This node.', hot: 'restart-node' },
)

export const durability = object(
  {
    mode: oneOf(['batch', 'sync', 'memory'], {
      text:
        'When a message counts as safe and is acknowledged. `batch`: after the commit of a ' +
        'group of messages has reached the disk. `sync`: the same, with every commit forced to ' +
        'the medium alone. `memory`: at once; sessions and messages end with the process.',
      default: 'batch',
    }),
    max_pending_bytes: bytes({
      text:
        'Bytes that may wait for a commit in one thread. Above it, what would have to be stored ' +
        'is refused until the disk has caught up.',
      min: 65_536,
      default: '64MB',
    }),
    max_store_bytes: bytes({
      text:
        'Largest size of the message store. Above it, what would have to be stored is refused ' +
        'until there is room again.',
      min: 16_777_216,
      default: '64GB',
    }),
  },
  { text: 'How messages and sessions are kept.', hot: 'restart-node' },
)
