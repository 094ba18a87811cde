/** `=`, `|=` and the operators that change in place. */
import { changePath, deletePaths } from './jq-access.ts'
import { multiple, step } from './jq-filter.ts'
import type { Filter, JqPath } from './jq-filter.ts'
import { OPERATORS } from './jq-operators.ts'
import { isTrue } from './jq-value.ts'
import type { JqValue } from './jq-types.ts'

/** Compiles an assignment; `op` ends with `=`. */
export function compileAssign(op: string, left: Filter, right: Filter): Filter {
  if (op === '|=') return update(left, right)
  if (op === '=') return each(left, right, (_old, value) => value)
  if (op === '//=') return each(left, right, (old, value) => (isTrue(old) ? old : value))
  const operate = OPERATORS.get(op.slice(0, -1))
  if (operate === undefined) throw new TypeError(`unknown operator ${op}`)
  return each(left, right, operate)
}

/** One output for each value on the right, with all parts on the left changed by it. */
function each(
  left: Filter,
  right: Filter,
  change: (old: JqValue, value: JqValue) => JqValue,
): Filter {
  return multiple(function* values(env, input) {
    for (const value of right.values(env, input)) {
      let changed = input
      for (const { path } of left.paths(env, { path: [], value: input })) {
        step()
        changed = changePath(changed, path, (old) => change(old, value))
      }
      yield changed
    }
  })
}

/** Each part becomes the first output of the right side for it; without an output it goes. */
function update(left: Filter, right: Filter): Filter {
  return multiple(function* values(env, input) {
    let changed = input
    const gone: JqPath[] = []
    for (const { path } of left.paths(env, { path: [], value: input })) {
      step()
      changed = changePath(changed, path, (old) => {
        for (const value of right.values(env, old)) return value
        gone.push(path)
        return old
      })
    }
    yield gone.length === 0 ? changed : deletePaths(changed, gone)
  })
}
