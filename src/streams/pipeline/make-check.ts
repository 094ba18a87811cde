import type { FunctionServices } from '#plugin/define-function.ts'
import { prepareRule } from '../sql/prepare-rule.ts'
import type { Row } from '../sql/row.ts'
import { checkDialect } from '../sql/rule-dialect.ts'
import { toText } from '../values/to-text.ts'
import type { CheckSpec, ValidationSpec } from './pipeline-spec.ts'
import { PipelineError } from './pipeline-spec.ts'

/** Whether a message passes: undefined, or why it does not. */
export type Check = (row: Row, services: FunctionServices) => string | undefined

/**
 * Makes the check of a validation: all of its parts pass, or one of them.
 * @throws SqlError, PipelineError when one is wrong
 */
export function makeValidation({ strategy, checks }: ValidationSpec): Check {
  if (checks.length === 0) throw new PipelineError('a validation has at least one check')
  const parts = checks.map(makeCheck)
  return (row, services) => {
    let reason: string | undefined
    for (const part of parts) {
      const failure = part(row, services)
      if (failure !== undefined && strategy === 'all_pass') return failure
      if (failure === undefined && strategy === 'any_pass') return undefined
      reason = failure
    }
    return reason
  }
}

function makeCheck(spec: CheckSpec): Check {
  if (spec.type === 'sql') return sqlCheck(spec.sql)
  const { schema: name } = spec
  const messageType = spec.type === 'protobuf' ? spec.messageType : undefined
  return (row, { schemas }) => {
    try {
      const schema = schemas.find(name)
      if (schema === undefined) return `there is no schema ${name}`
      schema.decode(bytesOf(row), messageType)
      return undefined
    } catch (error) {
      return reasonOf(error)
    }
  }
}

function sqlCheck(sql: string): Check {
  const { program } = prepareRule(sql, checkDialect)
  return (row, services) => {
    try {
      return program(row, services).length > 0 ? undefined : 'the SQL has no result'
    } catch (error) {
      return reasonOf(error)
    }
  }
}

function bytesOf(row: Row): Buffer {
  const payload = row.column('payload')
  return Buffer.isBuffer(payload) ? payload : Buffer.from(toText(payload))
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
