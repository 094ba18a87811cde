/**
 * How safe a write is when its barrier answers.
 *
 * - `memory`: nothing waits. Data lives as long as the process; it is wiped at the next start.
 * - `batch`: on disk, flushed. Ticks that end while a commit is under way share the next one, and
 *   with lmdb's overlapping sync one flush serves the commits of all shards that stand in line. A
 *   commit is seen by the other shards before it is flushed, its barriers wait for the flush.
 * - `sync`: on disk, flushed. Every tick is a transaction of its own, and lmdb's classic order
 *   holds: data flushed, then the page that makes it valid flushed, then anybody may see it. Takes
 *   one flush after the other while it holds the writer's lock, so shards wait for each other.
 *
 * After a crash of the process or the machine, `batch` and `sync` have everything whose barrier was
 * answered. `sync` also never shows another shard something that a power cut could take back.
 */
export const Durability = { MEMORY: 'memory', BATCH: 'batch', SYNC: 'sync' } as const
export type Durability = (typeof Durability)[keyof typeof Durability]
