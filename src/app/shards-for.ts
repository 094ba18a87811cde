import { SHARDS_MAX } from '#config/fields/node.ts'

/** Shards of a node that was not told how many: one for each core, as many as there may be. */
export function shardsFor(cores: number): number {
  return Math.min(Math.max(1, cores), SHARDS_MAX)
}
