import type { getTraceLog } from '#management/contract/trace.ts'
import { useQuery } from '@tanstack/react-query'
import { Drawer, Flex, Switch, Typography } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { call } from '../api/call.ts'
import { Failure } from './failure.tsx'
import { defineTexts, useTexts } from '../i18n/i18n.ts'

const TEXTS = defineTexts(
  'trace-log',
  { follow: 'Follow', log: 'Log', nothingYet: 'Nothing has happened yet.' },
  { follow: '跟随', log: '日志', nothingYet: '还没有发生任何事。' },
)

const REFRESH_MS = 1_000
const PART_BYTES = 256 * 1024
/** What the window holds; the whole of it can be downloaded. */
const SHOWN_CHARS_MAX = 500_000

interface Props {
  readonly name: string
  readonly title?: string
  readonly close: () => void
}

/** The log of a trace while it is written. */
export function TraceLog({ name, title = name, close }: Props) {
  const t = useTexts(TEXTS)
  const [isFollowing, setFollowing] = useState(true)
  const [log, setLog] = useState({ text: '', position: 0 })
  const place = useRef<HTMLPreElement>(null)
  const { data, error } = useQuery({
    queryKey: ['trace-log', name, log.position],
    queryFn: ({ signal }) =>
      call<typeof getTraceLog>('GET', '/trace/{name}/log', {
        params: { name },
        query: { position: log.position, bytes: PART_BYTES },
        signal,
      }),
    refetchInterval: isFollowing ? REFRESH_MS : false,
    gcTime: 0,
  })
  if (data !== undefined && data.items !== '' && data.meta.position !== log.position) {
    const text = (log.text + data.items).slice(-SHOWN_CHARS_MAX)
    setLog({ text, position: data.meta.position })
  }
  useEffect(() => {
    const element = place.current
    if (isFollowing && element !== null) element.scrollTop = element.scrollHeight
  }, [log, isFollowing])
  return (
    <Drawer
      open
      onClose={close}
      size="min(1100px, 100vw)"
      title={title}
      extra={
        <Flex gap={8} align="center">
          <Switch aria-label={t('follow')} checked={isFollowing} onChange={setFollowing} />
          <Typography.Text>{t('follow')}</Typography.Text>
        </Flex>
      }
    >
      {error !== null && <Failure error={error} />}
      <pre
        ref={place}
        className="code"
        tabIndex={0}
        aria-label={t('log')}
        style={{ maxHeight: 'calc(100vh - 130px)', fontSize: 12 }}
      >
        {log.text === '' ? t('nothingYet') : log.text}
      </pre>
    </Drawer>
  )
}
