import { Button, Drawer, Flex, Form, Segmented } from 'antd'
import { type ReactNode, useState } from 'react'
import { useMayChange } from '../api/session.ts'
import { defineTexts, useTexts } from '../i18n/i18n.ts'
import { JsonView } from './json-view.tsx'
import { type ActionOptions, useAction } from './use-action.ts'

const TEXTS = defineTexts(
  'form-drawer',
  {
    save: 'Save',
    saved: 'Saved.',
    cancel: 'Cancel',
    form: 'Form',
    json: 'JSON',
    view: 'Shown as',
    body: 'What the API gets',
  },
  {
    save: '保存',
    saved: '已保存。',
    cancel: '取消',
    form: '表单',
    json: 'JSON',
    view: '显示方式',
    body: '发送给 API 的内容',
  },
)

interface Props<Fields extends object, Body> extends ActionOptions {
  readonly title: string
  readonly initial: Partial<Fields>
  /** The form items. */
  readonly children: ReactNode
  /** What the API takes, from what was filled in. */
  readonly toBody: (fields: Fields) => Body
  /** Throws when it was refused: the drawer stays open then. */
  readonly save: (body: Body, fields: Fields) => Promise<unknown>
  readonly close: () => void
}

/** A form at the side of the list that it changes, which also shows as the JSON of the API. */
export function FormDrawer<Fields extends object, Body>(props: Props<Fields, Body>) {
  const { title, initial, children, toBody, save, done, stale, close } = props
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const [form] = Form.useForm<Fields>()
  const { run, isBusy } = useAction()
  const [view, setView] = useState<'form' | 'json'>('form')
  async function submit(fields: Fields): Promise<void> {
    const isDone = await run(() => save(toBody(fields), fields), {
      done: done ?? t('saved'),
      stale,
    })
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
