import { Button, Drawer, Flex, Form, Segmented } from 'antd'
import { type ReactNode, useState } from 'react'
import { useMayChange } from '../api/session.ts'
import { defineTexts, useTexts } from '../i18n/i18n.ts'
import { JsonView } from './json-view.tsx'

const TEXTS = defineTexts(
  'form-drawer',
  {
    save: 'Save',
    cancel: 'Cancel',
    form: 'Form',
    json: 'JSON',
    view: 'Shown as',
    body: 'What the API gets',
  },
  {
    save: '保存',
    cancel: '取消',
    form: '表单',
    json: 'JSON',
    view: '显示方式',
    body: '发送给 API 的内容',
  },
)

interface Props<Fields extends object> {
  readonly title: string
  readonly initial: Partial<Fields>
  /** The form items. */
  readonly children: ReactNode
  /** What the API takes, from what was filled in. */
  readonly toBody: (fields: Fields) => unknown
  /** False when it was refused: the drawer stays open then. */
  readonly save: (fields: Fields) => Promise<boolean>
  readonly close: () => void
}

/** A form at the side of the list that it changes, which also shows as the JSON of the API. */
export function FormDrawer<Fields extends object>(props: Props<Fields>) {
  const { title, initial, children, toBody, save, close } = props
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const [form] = Form.useForm<Fields>()
  const [isBusy, setBusy] = useState(false)
  const [view, setView] = useState<'form' | 'json'>('form')
  async function submit(fields: Fields): Promise<void> {
    setBusy(true)
    const isDone = await save(fields)
    setBusy(false)
    if (isDone) close()
  }
  return (
    <Drawer
      open
      onClose={close}
      size="large"
      title={title}
      extra={
        <Segmented<'form' | 'json'>
          aria-label={t('view')}
          value={view}
          onChange={setView}
          options={[
            { value: 'form', label: t('form') },
            { value: 'json', label: t('json') },
          ]}
        />
      }
      footer={
        <Flex gap={8} justify="end">
          <Button onClick={close}>{t('cancel')}</Button>
          <Button type="primary" loading={isBusy} disabled={!mayChange} onClick={form.submit}>
            {t('save')}
          </Button>
        </Flex>
      }
    >
      <Form<Fields>
        form={form}
        layout="vertical"
        // antd's own type wants every field of a partial value to be deeply partial.
        initialValues={initial}
        onFinish={(fields) => void submit(fields)}
        onFinishFailed={() => setView('form')}
        style={{ display: view === 'form' ? 'block' : 'none' }}
      >
        {children}
      </Form>
      {view === 'json' && (
        <JsonView label={t('body')} value={toBody({ ...initial, ...form.getFieldsValue(true) })} />
      )}
    </Drawer>
  )
}
