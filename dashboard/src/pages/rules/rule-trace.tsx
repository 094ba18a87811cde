import type { traceRule } from '#management/contract/rule-tests.ts'
import { Button, Flex, Table, type TableColumnsType, Tag, Typography } from 'antd'
import { useEffect, useState } from 'react'
import { type Answer, call } from '../../api/call.ts'
import { Nothing } from '../../components/nothing.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { showTime } from '../../format/numbers.ts'
import { TEXTS } from './texts.ts'

type Line = Answer<typeof traceRule>['items'][number]
type Row = Line & { readonly key: number }
const POLL_MS = 1_000
const LINES_MAX = 200
const COLORS: Readonly<Record<string, string>> = {
  output: 'success',
  action_succeeded: 'success',
  no_result: 'warning',
  sql_failed: 'error',
  action_failed: 'error',
}

/** What the rule does with real messages, as it happens: why one does not match, or fails. */
export function RuleTrace({ id }: { id: string }) {
  const t = useTexts(TEXTS)
  const [rows, setRows] = useState<readonly Row[]>([])
  useEffect(() => watch(id, (lines) => setRows((before) => added(before, lines))), [id])
  const columns: TableColumnsType<Row> = [
    { title: t('time'), render: (_, { at }) => showTime(at) },
    {
      title: t('step'),
      render: (_, { step }) => <Tag color={COLORS[step] ?? 'default'}>{step}</Tag>,
    },
    {
      title: t('details'),
      render: (_, { fields }) =>
        Object.entries(fields).map(([name, value]) => (
          <div key={name} style={{ overflowWrap: 'anywhere' }}>
            <Typography.Text type="secondary">{name}</Typography.Text> {value}
          </div>
        )),
    },
  ]
  return (
    <>
      <Flex justify="space-between" gap={8} style={{ marginBottom: 8 }}>
        <Typography.Text type="secondary">{t('liveAbout')}</Typography.Text>
        <Button size="small" onClick={() => setRows([])}>
          {t('clear')}
        </Button>
      </Flex>
      <Table<Row>
        size="small"
        columns={columns}
        dataSource={[...rows]}
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: <Nothing text={t('liveNone')} /> }}
      />
    </>
  )
}

/** The latest first. */
function added(before: readonly Row[], lines: readonly Line[]): readonly Row[] {
  let key = before[0]?.key ?? 0
  const rows = lines.map((line) => ({ ...line, key: ++key }))
  return [...rows.reverse(), ...before].slice(0, LINES_MAX)
}

/** Asks for what follows again and again; the returned function ends that. */
function watch(id: string, take: (lines: readonly Line[]) => void): () => void {
  let position = 0
  let isFirst = true
  const ask = async (): Promise<void> => {
    const query = { position }
    const options = { params: { id }, query }
    const reply = await call<typeof traceRule>('GET', '/rules/{id}/trace', options)
    // What was traced for somebody before is passed over.
    if (!isFirst && reply.items.length > 0) take(reply.items)
    isFirst = false
    ;({ position } = reply)
  }
  // What fails now may work the next time.
  const ignore = (): void => {}
  void ask().catch(ignore)
  const timer = setInterval(() => void ask().catch(ignore), POLL_MS)
  return () => clearInterval(timer)
}
