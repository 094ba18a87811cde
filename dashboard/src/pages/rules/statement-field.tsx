import type {
  checkRuleSql,
  listRuleEvents,
  listRuleFunctions,
} from '#management/contract/rule-tests.ts'
import type { Extension } from '@codemirror/state'
import { useQuery } from '@tanstack/react-query'
import { Alert, Flex, Typography } from 'antd'
import { useDeferredValue, useMemo } from 'react'
import { type Answer, call } from '../../api/call.ts'
import { useMayChange } from '../../api/session.ts'
import { CodeEditor, type Mark } from '../../components/code-editor/code-editor.tsx'
import { RULE_SQL } from '../../components/code-editor/rule-sql.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { completeSql, fieldsWith } from './complete-sql.ts'
import { sourcesOf } from './sources-of.ts'
import { TEXTS } from './texts.ts'

type Findings = Answer<typeof checkRuleSql>
type Finding = Findings['problems'][number]
const MESSAGE = 't/#'

interface Props {
  readonly sql: string
  readonly payload: string
  readonly change: (sql: string) => void
}

/** The statement with what is wrong with it, and suggestions of what it can name. */
export function StatementField({ sql, payload, change }: Props) {
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const asked = useDeferredValue(sql)
  const { data } = useQuery({
    queryKey: ['rule-check', asked],
    queryFn: async ({ signal }) => {
      // Somebody who types goes on typing: the last text is asked about.
      await new Promise((resolve) => setTimeout(resolve, 250))
      signal.throwIfAborted()
      return call<typeof checkRuleSql>('POST', '/rule_check', { body: { sql: asked }, signal })
    },
    enabled: asked.trim() !== '',
    placeholderData: (before) => before,
    gcTime: 0,
  })
  const findings: Findings = data ?? NO_FINDINGS
  const marks = useMemo(() => marksOf(findings), [findings])
  return (
    <Flex vertical gap={8}>
      <CodeEditor
        label={t('statement')}
        value={sql}
        onChange={change}
        language={useLanguage(sql, payload)}
        marks={marks}
        isReadOnly={!mayChange}
      />
      <div aria-live="polite">
        {findings.problems.map((finding) => (
          <Told key={finding.start} finding={finding} type="error" />
        ))}
        {findings.problems.length === 0 &&
          findings.hints.map((finding) => (
            <Told key={finding.start} finding={finding} type="warning" />
          ))}
        {data !== undefined && marks.length === 0 && (
          <Typography.Text type="secondary">{t('correct')}</Typography.Text>
        )}
      </div>
    </Flex>
  )
}

const NO_FINDINGS: Findings = { problems: [], hints: [] }

function marksOf({ problems, hints }: Findings): readonly Mark[] {
  return [
    ...problems.map(({ start, end, message }) => ({ start, end, message, severity: ERROR })),
    ...hints.map(({ start, end, message }) => ({ start, end, message, severity: WARNING })),
  ]
}

const ERROR = 'error' as const
const WARNING = 'warning' as const

function Told({ finding, type }: { finding: Finding; type: 'error' | 'warning' }) {
  const t = useTexts(TEXTS)
  const { line, column, message, expected, hint } = finding
  const wanted = expected.length === 0 ? '' : t('expected', { what: expected.join(', ') })
  const text = [t('place', { line, column }), message, wanted, hint].filter(Boolean).join(' · ')
  return <Alert type={type} showIcon title={text} style={{ marginBottom: 4 }} />
}

/** The language with the names that the statement can use. */
function useLanguage(sql: string, payload: string): Extension {
  const events = useQuery({
    queryKey: ['rule-events'],
    queryFn: ({ signal }) => call<typeof listRuleEvents>('GET', '/rule_events', { signal }),
    staleTime: Infinity,
  })
  const functions = useQuery({
    queryKey: ['rule-functions'],
    queryFn: ({ signal }) => call<typeof listRuleFunctions>('GET', '/rule_functions', { signal }),
    staleTime: Infinity,
  })
  const named = sourcesOf(sql).join(' ')
  return useMemo(() => {
    const read = (events.data ?? []).filter(({ event }) => {
      return event === MESSAGE ? !named.startsWith('$events/') : named.includes(event)
    })
    const columns = [...new Set(read.flatMap((event) => event.columns))]
    const fields = fieldsWith(columns, payload)
    // A function with several forms is told once.
    const known = new Map((functions.data ?? []).map((one) => [one.name, one] as const))
    return [RULE_SQL, completeSql({ fields, functions: [...known.values()] })]
  }, [events.data, functions.data, named, payload])
}
