import type { LogLine } from '#management/contract/logs.ts'
import { Alert, Button, Flex, Select, Switch, Tag } from 'antd'
import { memo, useState } from 'react'
import { Link } from 'react-router'
import { Failure } from '../../components/failure.tsx'
import { FilterInput } from '../../components/filter-input.tsx'
import { Nothing } from '../../components/nothing.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { useAction } from '../../components/use-action.ts'
import { Waiting } from '../../components/waiting.tsx'
import { showTime } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'
import { type LogFilter, useLog } from './use-log.ts'
import './logs.css'

const LEVELS = ['debug', 'info', 'warning', 'error'] as const
const COLOURS = {
  debug: 'default',
  info: 'processing',
  warning: 'warning',
  error: 'error',
} as const

/** The log of this node, as it is written. */
export default function LogsPage() {
  const t = useTexts(TEXTS)
  const [filter, setFilter] = useState<LogFilter>({ level: 'debug', text: '' })
  const [isLive, setLive] = useState(true)
  const { lines, missed, level, error, hasOlder, loadOlder, clear } = useLog(filter, isLive)
  const { run, isBusy } = useAction()
  const change = (part: Partial<LogFilter>): void => {
    setFilter((before) => ({ ...before, ...part }))
    // What is wanted now comes with the stream.
    setLive(true)
  }
  if (error !== undefined && lines === undefined) return <Failure error={error} />
  return (
    <>
      <PageTitle title={t('title')} about={t('about')}>
        <Button onClick={clear}>{t('clear')}</Button>
      </PageTitle>
      <Flex gap={12} wrap align="center" style={{ marginBottom: 12 }}>
        <Select<LogLine['level']>
          aria-label={t('level')}
          style={{ width: 130 }}
          value={filter.level}
          onChange={(chosen) => change({ level: chosen })}
          options={LEVELS.map((value) => ({ value, label: t(value) }))}
        />
        <FilterInput label={t('text')} width={280} search={(text) => change({ text })} />
        <Flex gap={8} align="center">
          <Switch aria-label={t('live')} checked={isLive} onChange={setLive} />
          {t('live')}
        </Flex>
        {level !== undefined && (
          <span className="secondary">
            {t('made', { level })}{' '}
            <Link to="/configuration" style={{ textDecoration: 'underline' }}>
              {t('change')}
            </Link>
          </span>
        )}
      </Flex>
      {missed > 0 && (
        <Alert type="warning" showIcon title={t('missed', { count: missed })} role="status" />
      )}
      {lines === undefined ? <Waiting /> : <Lines lines={lines} />}
      {hasOlder && (
        <Button loading={isBusy} style={{ marginTop: 12 }} onClick={() => void run(loadOlder)}>
          {t('older')}
        </Button>
      )}
    </>
  )
}

function Lines({ lines }: { lines: readonly LogLine[] }) {
  const t = useTexts(TEXTS)
  if (lines.length === 0) return <Nothing text={t('none')} />
  return (
    <div className="panel log-lines" role="log" aria-label={t('lines')} tabIndex={0}>
      {lines.map((line) => (
        <Line key={line.id} line={line} />
      ))}
    </div>
  )
}

const Line = memo(({ line: { time, level, module, message, fields } }: { line: LogLine }) => (
  <div className="log-line">
    <time dateTime={new Date(time).toISOString()}>{showTime(time)}</time>
    <Tag color={COLOURS[level]}>{level}</Tag>
    <span>
      <span className="secondary">{module}</span> <strong>{message}</strong>
      {Object.entries(fields).map(([name, value]) => (
        <span key={name}>
          {' '}
          <span className="secondary">{name}:</span> {value}
        </span>
      ))}
    </span>
  </div>
))
