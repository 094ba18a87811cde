import { App, Button, type ButtonProps } from 'antd'
import { useMayChange } from '../api/session.ts'
import { defineTexts, useTexts } from '../i18n/i18n.ts'
import { type ActionOptions, useAction } from './use-action.ts'

const TEXTS = defineTexts(
  'danger',
  { cancel: 'Cancel', viewer: 'Your role may look at this, not change it.' },
  { cancel: '取消', viewer: '您的角色只能查看，不能修改。' },
)

interface Props extends Omit<ButtonProps, 'onClick' | 'danger'>, ActionOptions {
  /** What is about to happen, as a question that names what will be lost. */
  readonly question: string
  readonly consequence?: string
  readonly label: string
  /** Throws when it was refused. */
  readonly run: () => Promise<unknown>
}

/** A button for what cannot be taken back: it asks first. */
export function DangerButton(props: Props) {
  const { question, consequence, label, run, done, stale, ...rest } = props
  const t = useTexts(TEXTS)
  const { modal } = App.useApp()
  const action = useAction()
  const mayChange = useMayChange()
  const ask = (): void => {
    void modal.confirm({
      title: question,
      content: consequence,
      okText: label,
      cancelText: t('cancel'),
      okButtonProps: { danger: true },
      autoFocusButton: 'cancel',
      onOk: () => action.run(run, { done, stale }),
    })
  }
  return (
    <Button
      {...rest}
      danger
      disabled={!mayChange || rest.disabled === true}
      title={mayChange ? undefined : t('viewer')}
      onClick={ask}
    >
      {label}
    </Button>
  )
}
