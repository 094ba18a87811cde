import type { testRuleSql } from '#management/contract/rule-tests.ts'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { SAMPLE, SampleTrial } from '../../components/sample-trial.tsx'

interface Props {
  readonly sql: string
  readonly payload: string
  readonly setPayload: (payload: string) => void
}

/** Runs the statement, saved or not, on a sample message. */
export function RuleTrial({ sql, payload, setPayload }: Props) {
  const [sample, setSample] = useState(SAMPLE)
  return (
    <SampleTrial
      sample={{ ...sample, payload }}
      change={(next) => {
        setSample(next)
        setPayload(next.payload)
      }}
      run={async (context) => {
        const body = { sql, context: { ...context } }
        return {
          kind: 'output',
          output: await call<typeof testRuleSql>('POST', '/rule_test', { body }),
        }
      }}
    />
  )
}
