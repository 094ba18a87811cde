import { Collapse, Form } from 'antd'
import { type ReactElement, useId } from 'react'
import { useTexts } from '../../i18n/i18n.ts'
import {
  choiceOf,
  type FormSchema,
  hasRequired,
  holdsKeys,
  namedOf,
  Shape,
  shapeOf,
} from './form-schema.ts'
import { Described } from '../described.tsx'
import { FormChoice } from './form-choice.tsx'
import { GroupList } from './group-list.tsx'
import { NamedGroups } from './named-groups.tsx'
import { NamedValues } from './named-values.tsx'
import { TEXTS } from './texts.ts'
import { ValueInput } from './value-input.tsx'

type Path = readonly (string | number)[]

interface GroupProps {
  readonly schema: FormSchema
  /** Where the group stands: from the form, and from the list that it is in. */
  readonly full?: Path
  readonly at?: Path
  /** Keys that are not shown. */
  readonly without?: readonly string[]
  /** Controls that stand in for the usual ones, by key. */
  readonly controls?: Readonly<Record<string, ReactElement>>
}

/** Form items for all keys of a group: those with values first, then the groups in it. */
export function SchemaItems({ schema, full = [], at = full, without = [], controls }: GroupProps) {
  const keys = Object.entries(schema.properties ?? {}).filter(([key]) => !without.includes(key))
  const isGroup = ([, part]: (typeof keys)[number]): boolean => holdsKeys(part)
  const isRequired = (key: string): boolean => schema.required?.includes(key) ?? false
  const values = keys.filter((entry) => !isGroup(entry))
  const inOrder = values.toSorted(([a], [b]) => Number(isRequired(b)) - Number(isRequired(a)))
  return (
    <>
      {inOrder.map(([key, part]) => (
        <SchemaItem
          key={key}
          name={key}
          schema={part}
          at={[...at, key]}
          full={[...full, key]}
          isRequired={isRequired(key)}
          control={controls?.[key]}
        />
      ))}
      {keys.filter(isGroup).map(([key, part]) => (
        <Fold key={key} name={key} schema={part} at={[...at, key]} full={[...full, key]} />
      ))}
    </>
  )
}

interface PartProps {
  readonly name: string
  readonly schema: FormSchema
  readonly full: Path
  readonly at: Path
}

/** What an action or a source does. */
const ALWAYS_OPEN = 'parameters'

function isOpen(name: string, schema: FormSchema): boolean {
  if (name === ALWAYS_OPEN) return true
  return hasRequired(schema) && shapeOf(schema) !== Shape.GROUP_LIST
}

/** A group under its name; it is open when something in it has to be filled in. */
function Fold({ name, schema, full, at }: PartProps) {
  const label = (
    <>
      <code>{name}</code>{' '}
      <span className="secondary">
        <Described text={schema.description} />
      </span>
    </>
  )
  const children = <GroupPart name={name} schema={schema} full={full} at={at} />
  return (
    <Collapse
      size="small"
      style={{ marginBottom: 16 }}
      defaultActiveKey={isOpen(name, schema) ? [name] : []}
      items={[{ key: name, label, children, forceRender: true }]}
    />
  )
}

/** A group, several of them, or a group in one of several forms. */
export function GroupPart({ schema, full, at, name }: PartProps) {
  const id = useId()
  const part = (item: FormSchema, place: { readonly full: Path; readonly at: Path }) => (
    <GroupPart key={`${id}${place.full.join('.')}`} name={name} schema={item} {...place} />
  )
  const several = { name, schema, full, at, children: part }
  switch (shapeOf(schema)) {
    case Shape.FORMS:
      return <Forms schema={schema} full={full} at={at} />
    case Shape.GROUP_LIST:
      return <GroupList {...several} />
    case Shape.NAMED_GROUPS:
      return <NamedGroups {...several} />
    default:
      return <SchemaItems schema={schema} full={full} at={at} />
  }
}

/** A group in one of several forms: which one is chosen first. */
function Forms({ schema, full, at }: Omit<PartProps, 'name'>) {
  const value: unknown = Form.useWatch([...full])
  const { form, told, title } = choiceOf(schema, value)
  const telling = Object.keys(told)
  return (
    <>
      <FormChoice schema={schema} full={full} chosen={title} />
      {telling.map((key) => (
        <Form.Item key={key} name={[...at, key]} hidden noStyle>
          <input type="hidden" />
        </Form.Item>
      ))}
      <SchemaItems schema={form} full={full} at={at} without={telling} />
    </>
  )
}

interface ItemProps extends PartProps {
  readonly isRequired: boolean
  readonly control: ReactElement | undefined
}

function SchemaItem({ name, schema, full, at, isRequired, control }: ItemProps) {
  const t = useTexts(TEXTS)
  const label = full.filter((part) => typeof part === 'string').join('.')
  const rules = [
    ...(isRequired ? [{ required: true, message: t('required') }] : []),
    ...(schema.pattern === undefined
      ? []
      : [{ pattern: new RegExp(schema.pattern), message: t('pattern', { what: schema.pattern }) }]),
  ]
  const isSwitch = control === undefined && schema.type === 'boolean'
  return (
    <Form.Item
      name={[...at]}
      label={name === label ? name : label}
      extra={<Described text={schema.description} />}
      rules={rules}
      {...(isSwitch && { valuePropName: 'checked' })}
    >
      {control ??
        (shapeOf(schema) === Shape.NAMED_VALUES ? (
          <NamedValues label={label} schema={namedOf(schema)} />
        ) : (
          <ValueInput schema={schema} label={label} />
        ))}
    </Form.Item>
  )
}
