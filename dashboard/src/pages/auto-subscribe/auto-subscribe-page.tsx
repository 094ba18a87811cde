import type { getAutoSubscribe, putAutoSubscribe } from '#management/contract/settings.ts'
import { Form, Input, Select, type TableColumnsType, Tag } from 'antd'
import { type Answer, call } from '../../api/call.ts'
import { EditableList } from '../../components/editable-list.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Item = Answer<typeof getAutoSubscribe>[number]

/** Subscriptions that every client gets when it connects. */
export default function AutoSubscribePage() {
  const t = useTexts(TEXTS)
  const yesNo = [
    { value: 0, label: t('no') },
    { value: 1, label: t('yes') },
  ]
  const columns: TableColumnsType<Item> = [
    { title: t('topic'), dataIndex: 'topic' },
    { title: 'QoS', dataIndex: 'qos', render: (qos: number) => <Tag>{qos}</Tag> },
    { title: 'No local', dataIndex: 'nl', render: (set: number) => t(set === 1 ? 'yes' : 'no') },
    {
      title: 'Retain as published',
      dataIndex: 'rap',
      render: (set: number) => t(set === 1 ? 'yes' : 'no'),
    },
    { title: 'Retain handling', dataIndex: 'rh' },
  ]
  return (
    <EditableList<Item>
      texts={{ title: t('title'), about: t('about'), add: t('add'), empty: t('none') }}
      queryKey="auto-subscribe"
      load={(signal) => call<typeof getAutoSubscribe>('GET', '/mqtt/auto_subscribe', { signal })}
      save={(body) => call<typeof putAutoSubscribe>('PUT', '/mqtt/auto_subscribe', { body })}
      columns={columns}
      nameOf={({ topic }) => topic}
      initial={{ topic: '', qos: 0, rh: 0, rap: 0, nl: 0 }}
    >
      <Form.Item
        name="topic"
        label={t('topic')}
        extra={t('topicHint')}
        rules={[{ required: true }]}
      >
        <Input />
      </Form.Item>
      <Form.Item name="qos" label="QoS">
        <Select options={[0, 1, 2].map((value) => ({ value, label: value }))} />
      </Form.Item>
      <Form.Item name="nl" label="No local" extra={t('nlHint')}>
        <Select options={yesNo} />
      </Form.Item>
      <Form.Item name="rap" label="Retain as published" extra={t('rapHint')}>
        <Select options={yesNo} />
      </Form.Item>
      <Form.Item name="rh" label="Retain handling">
        <Select
          options={([0, 1, 2] as const).map((value) => ({ value, label: t(`rh${value}`) }))}
        />
      </Form.Item>
    </EditableList>
  )
}
