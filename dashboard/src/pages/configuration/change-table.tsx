import type { planConfigs } from '#management/contract/configs.ts'
import { Flex, Tag, Typography } from 'antd'
import type { Answer } from '../../api/call.ts'
import { Nothing } from '../../components/nothing.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Change = Answer<typeof planConfigs>['changes'][number]

/** Keys before and after a change. */
export function ChangeTable({ changes }: { changes: readonly Change[] }) {
  const t = useTexts(TEXTS)
  if (changes.length === 0) return <Nothing text={t('noChanges')} />
  return (
    <Flex vertical gap={12}>
      {changes.map(({ key, before, after, effect }) => (
        <div key={key}>
          <Flex gap={8} align="center" wrap>
            <Typography.Text strong>{key}</Typography.Text>
            <Tag color={effect === 'live' ? 'success' : 'warning'}>{t(effect)}</Tag>
          </Flex>
          <pre className="code diff-before">{`− ${written(before)}`}</pre>
          <pre className="code diff-after">{`+ ${written(after)}`}</pre>
        </div>
      ))}
    </Flex>
  )
}

function written(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value, null, 2)
}
