import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Card, Flex, Form, Input, Select, Switch } from 'antd'
import { useMayChange } from '../../api/session.ts'
import { CodeEditor } from '../../components/code-editor/code-editor.tsx'
import { TEMPLATE } from '../../components/code-editor/languages.ts'
import { Nothing } from '../../components/nothing.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { ActionOfIntegration } from './action-of-integration.tsx'
import type { ActionOfRule } from './rule-body.ts'
import { TEXTS } from './texts.ts'

const KINDS = ['republish', 'console', 'id'] as const
type Kind = (typeof KINDS)[number]

const NEW: Readonly<Record<Kind, ActionOfRule>> = {
  republish: { function: 'republish', args: { topic: 'out/${clientid}', payload: '', qos: 1 } },
  console: { function: 'console' },
  id: '',
}

interface Props {
  readonly actions: readonly ActionOfRule[]
  readonly change: (actions: readonly ActionOfRule[]) => void
}

/** What is done with each output. */
export function ActionList({ actions, change }: Props) {
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  return (
    <Card
      size="small"
      title={t('actions')}
      extra={
        <Button
          size="small"
          icon={<PlusOutlined />}
          disabled={!mayChange}
          onClick={() => change([...actions, NEW.republish])}
        >
          {t('addAction')}
        </Button>
      }
    >
      {actions.length === 0 && <Nothing text={t('noActions')} />}
      <Flex vertical gap={12}>
        {actions.map((action, index) => (
          <OneAction
            // An action has no name of its own: its place is what it is.
            key={index}
            number={index + 1}
            action={action}
            change={(next) => change(actions.with(index, next))}
            remove={() => change(actions.filter((_, at) => at !== index))}
          />
        ))}
      </Flex>
    </Card>
  )
}

function kindOf(action: ActionOfRule): Kind {
  if (typeof action === 'string') return 'id'
  return action.function === 'console' ? 'console' : 'republish'
}

interface OneProps {
  readonly number: number
  readonly action: ActionOfRule
  readonly change: (action: ActionOfRule) => void
  readonly remove: () => void
}

function OneAction({ number, action, change, remove }: OneProps) {
  const t = useTexts(TEXTS)
  return (
    <Flex gap={8} align="flex-start">
      <Select<Kind>
        aria-label={t('actionKind', { number })}
        style={{ width: 160 }}
        value={kindOf(action)}
        options={KINDS.map((kind) => ({
          value: kind,
          label: kind === 'id' ? t('toSystem') : t(kind),
        }))}
        onChange={(kind) => change(NEW[kind])}
      />
      <div style={{ flex: 1, minWidth: 0 }}>
        {typeof action === 'string' ? (
          <ActionOfIntegration number={number} id={action} change={change} />
        ) : (
          action.function === 'republish' && (
            <Republish number={number} args={action.args ?? {}} change={change} />
          )
        )}
      </div>
      <Button
        icon={<DeleteOutlined />}
        aria-label={t('removeAction', { number })}
        onClick={remove}
      />
    </Flex>
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
}

interface RepublishProps {
  readonly number: number
  readonly args: Readonly<Record<string, unknown>>
  readonly change: (action: ActionOfRule) => void
}

/** The most used arguments; others stay as they are. */
function Republish({ number, args, change }: RepublishProps) {
  const t = useTexts(TEXTS)
  const set = (part: Readonly<Record<string, unknown>>): void => {
    change({ function: 'republish', args: { ...args, ...part } })
  }
  const field = (name: 'topic' | 'qos' | 'retain', help?: string) => {
    const id = `action-${number}-${name}`
    return (
      <Form.Item label={t(`arg-${name}`)} htmlFor={id} help={help} style={{ marginBottom: 8 }}>
        <Input
          id={id}
          value={textOf(args[name])}
          onChange={(event) => set({ [name]: event.target.value })}
        />
      </Form.Item>
    )
  }
  return (
    <Form layout="vertical" component="div">
      {field('topic', t('topicHelp'))}
      <Form.Item label={t('arg-payload')} help={t('payloadHelp')} style={{ marginBottom: 8 }}>
        <CodeEditor
          label={t('arg-payload')}
          language={TEMPLATE}
          value={textOf(args['payload'])}
          onChange={(payload) => set({ payload })}
        />
      </Form.Item>
      <Flex gap={12} wrap>
        {field('qos')}
        {field('retain')}
        <Flex gap={8} align="center">
          <Switch
            aria-label={t('direct')}
            checked={args['direct_dispatch'] === true}
            onChange={(direct) => set({ direct_dispatch: direct })}
          />
          {t('direct')}
        </Flex>
      </Flex>
    </Form>
  )
}
