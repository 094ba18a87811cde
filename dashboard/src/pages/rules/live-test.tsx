import type { LiveTestEvent, testRuleSqlLive } from '#management/contract/rule-tests.ts'
import { Alert, Button, Flex, Typography } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { readStream } from '../../api/follow.ts'
import { useMayChange } from '../../api/session.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'
import { addLines, type Row, TraceTable } from './trace-table.tsx'

/** The test ends after so long, or so many messages. */
const LIMITS = { seconds: 60, records: 100 } as const

type State = 'idle' | 'starting' | 'running' | 'time' | 'records' | 'stopped' | 'cut'

/** Runs the statement, saved or not, on the messages that pass; without actions. */
export function LiveTest({ sql }: { sql: string }) {
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const { state, rows, failure, start, stop } = useLiveTest()
  const isOn = state === 'starting' || state === 'running'
  return (
    <>
      <Typography.Paragraph type="secondary">{t('liveTestAbout', LIMITS)}</Typography.Paragraph>
      <Flex gap={12} align="center" wrap style={{ marginBottom: 8 }}>
        {isOn ? (
          <Button onClick={stop}>{t('liveTestStop')}</Button>
        ) : (
          <Button disabled={!mayChange} onClick={() => start(sql)}>
            {t('liveTestStart')}
          </Button>
        )}
        <span role="status">{t(`liveTest-${state}`, LIMITS)}</span>
      </Flex>
      {failure !== undefined && (
        <Alert type="warning" showIcon title={failure} style={{ marginBottom: 8 }} />
      )}
      {state !== 'idle' && <TraceTable rows={rows} none={t('liveNone')} />}
    </>
  )
}

/** A test and what came of it; it ends when the page does. */
function useLiveTest() {
  const [state, setState] = useState<State>('idle')
  const [rows, setRows] = useState<readonly Row[]>([])
  const [failure, setFailure] = useState<string>()
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])
  const begin = async (sql: string, { signal }: AbortController): Promise<void> => {
    let last: State = 'cut'
    const event = ({ items, ended }: LiveTestEvent): void => {
      setState('running')
      if (items.length > 0) setRows((before) => addLines(before, items))
      last = ended ?? last
    }
    try {
      const options = { body: { sql, ...LIMITS }, signal, event }
      await readStream<typeof testRuleSqlLive>('POST', '/rule_test/live', options)
    } catch (error) {
      if (signal.aborted) return
      setFailure(error instanceof Error ? error.message : String(error))
    }
    setState(last)
  }
  const start = (sql: string): void => {
    running.current = new AbortController()
    setRows([])
    setFailure(undefined)
    setState('starting')
    void begin(sql, running.current)
  }
  const stop = (): void => {
    running.current?.abort()
    setState('stopped')
  }
  return { state, rows, failure, start, stop }
}
