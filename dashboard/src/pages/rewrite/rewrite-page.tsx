import type { getTopicRewrite, putTopicRewrite } from '#management/contract/settings.ts'
import { Form, Input, Select, type TableColumnsType, Tag } from 'antd'
import { type Answer, call } from '../../api/call.ts'
import { EditableList } from '../../components/editable-list.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Rule = Answer<typeof getTopicRewrite>[number]
const ACTIONS = ['all', 'publish', 'subscribe'] as const

/** Rules by which topics of clients become others. */
export default function RewritePage() {
  const t = useTexts(TEXTS)
  const columns: TableColumnsType<Rule> = [
    { title: t('action'), dataIndex: 'action', render: (action) => <Tag>{t(action)}</Tag> },
    { title: t('source'), dataIndex: 'source_topic' },
    { title: t('pattern'), dataIndex: 're', render: (re: string) => <code>{re}</code> },
    { title: t('destination'), dataIndex: 'dest_topic', render: (to: string) => <code>{to}</code> },
  ]
  return (
    <EditableList<Rule>
      texts={{ title: t('title'), about: t('about'), add: t('add'), empty: t('none') }}
      queryKey="topic-rewrite"
      load={(signal) => call<typeof getTopicRewrite>('GET', '/mqtt/topic_rewrite', { signal })}
      save={(body) => call<typeof putTopicRewrite>('PUT', '/mqtt/topic_rewrite', { body })}
      columns={columns}
      nameOf={({ source_topic: source }) => source}
      initial={{ action: 'all', source_topic: '', re: '^(.*)$', dest_topic: '$1' }}
    >
      <Form.Item name="action" label={t('action')}>
        <Select options={ACTIONS.map((value) => ({ value, label: t(value) }))} />
      </Form.Item>
      <Form.Item
        name="source_topic"
        label={t('source')}
        extra={t('sourceHint')}
        rules={[{ required: true }]}
      >
        <Input />
      </Form.Item>
      <Form.Item
        name="re"
        label={t('pattern')}
        extra={t('patternHint')}
        rules={[{ required: true }]}
      >
        <Input />
      </Form.Item>
      <Form.Item
        name="dest_topic"
        label={t('destination')}
        extra={t('destinationHint')}
        rules={[{ required: true }]}
      >
        <Input />
      </Form.Item>
    </EditableList>
  )
}
