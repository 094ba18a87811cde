import type { Log } from '#broker/ports.ts'
import { toText } from '../../values/to-text.ts'
import type { RuleAction } from '../action.ts'

/** Writes each output to the log of the node, to look at while a rule is made. */
export function makeConsole(log: Log): RuleAction {
  return {
    label: 'console',
    run(output, { ruleId }, done) {
      log.info('rule_output', { rule: ruleId, output: toText(output) })
      done()
    },
  }
}
