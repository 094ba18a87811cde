import type { createTrace, deleteTrace } from '#management/contract/trace.ts'
import { EyeOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { useMayChange } from '../../api/session.ts'
import { TraceLog } from '../../components/trace-log.tsx'
import { useAction } from '../../components/use-action.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

/** Shows what the client does as it does it: a trace for as long as somebody looks. */
export function WatchClient({ clientId }: { clientId: string }) {
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const { run, isBusy } = useAction()
  const [name, setName] = useState<string>()
  async function begin(): Promise<void> {
    const trace = `live_${Date.now().toString(36)}`
    const body = { name: trace, type: 'clientid' as const, clientid: clientId }
    if (await run(() => call<typeof createTrace>('POST', '/trace', { body }))) setName(trace)
  }
  async function end(trace: string): Promise<void> {
    setName(undefined)
    await run(() =>
      call<typeof deleteTrace>('DELETE', '/trace/{name}', { params: { name: trace } }),
    )
  }
  return (
    <>
      <Button
        icon={<EyeOutlined />}
        disabled={!mayChange}
        loading={isBusy}
        onClick={() => void begin()}
      >
        {t('watch')}
      </Button>
      {name !== undefined && (
        <TraceLog
          name={name}
          title={t('watchTitle', { name: clientId })}
          close={() => void end(name)}
        />
      )}
    </>
  )
}
