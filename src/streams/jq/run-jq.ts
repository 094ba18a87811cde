import { compileJq } from './jq-compile.ts'
import { JqBreak, JqError, JqLimitError } from './jq-error.ts'
import { startSteps } from './jq-filter.ts'
import type { Filter, TimeLimit } from './jq-filter.ts'
import { parseJq } from './jq-parser.ts'
import type { JqValue } from './jq-types.ts'

/** Programs that are remembered compiled. */
const PROGRAMS_MAX = 500
/** Outputs a program may have for one input. */
const OUTPUTS_MAX = 100_000
const programs = new Map<string, Filter>()

/**
 * Runs a jq program on a value and gives its outputs. A program is compiled once and remembered.
 * @throws JqSyntaxError when it is none; JqError with what it threw; JqLimitError when it takes
 * too many steps or has too many outputs
 */
export function runJq(program: string, input: JqValue, until?: TimeLimit): readonly JqValue[] {
  const filter = programs.get(program) ?? remember(program)
  startSteps(until)
  try {
    if (filter.one !== undefined) return [filter.one(undefined, input)]
    const outputs: JqValue[] = []
    for (const output of filter.values(undefined, input)) {
      if (outputs.length >= OUTPUTS_MAX) {
        throw new JqLimitError(`the jq program has more than ${OUTPUTS_MAX} outputs`)
      }
      outputs.push(output)
    }
    return outputs
  } catch (error) {
    if (error instanceof JqBreak) throw new JqError('break')
    // The stack is used up: JavaScript's own error says so.
    if (error instanceof RangeError) throw new JqLimitError('the jq program calls itself too deep')
    throw error
  }
}

function remember(program: string): Filter {
  const filter = compileJq(parseJq(program), undefined)
  const [oldest] = programs.keys()
  if (programs.size >= PROGRAMS_MAX && oldest !== undefined) programs.delete(oldest)
  programs.set(program, filter)
  return filter
}
