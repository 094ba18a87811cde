import type { traceRule } from '#management/contract/rule-tests.ts'
import { Button, Flex, Typography } from 'antd'
import { useEffect, useState } from 'react'
import { type Answer, call } from '../../api/call.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'
import { addLines, type Row, TraceTable } from './trace-table.tsx'

type Line = Answer<typeof traceRule>['items'][number]
const POLL_MS = 1_000

/** What the rule does with real messages, as it happens: why one does not match, or fails. */
export function RuleTrace({ id }: { id: string }) {
  const t = useTexts(TEXTS)
  const [rows, setRows] = useState<readonly Row[]>([])
  useEffect(() => watch(id, (lines) => setRows((before) => addLines(before, lines))), [id])
  return (
    <>
      <Flex justify="space-between" gap={8} style={{ marginBottom: 8 }}>
        <Typography.Text type="secondary">{t('liveAbout')}</Typography.Text>
        <Button size="small" onClick={() => setRows([])}>
          {t('clear')}
        </Button>
      </Flex>
      <TraceTable rows={rows} none={t('liveNone')} />
    </>
  )
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
