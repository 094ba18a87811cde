/** The pages of docs/rules that are made from the code. */
import type {
  Argument,
  FunctionCategory,
  FunctionDefinition,
  FunctionExample,
} from '#plugin/define-function.ts'
import { FUNCTION_CATEGORIES } from '#plugin/define-function.ts'
import type { Value, ValueMap } from '#plugin/value.ts'
import { ruleFunctions } from '#streams/functions/catalog.ts'
import { COMMON_SAMPLE, EVENT_SOURCES, MESSAGE_PUBLISH } from '#streams/rules/event-sources.ts'
import type { EventSource } from '#streams/rules/event-sources.ts'
import { RULE_COUNTER_NAMES } from '#streams/rules/rule-counters.ts'
import { signatureOf } from '#streams/sql/analyse.ts'
import { encodeJson } from '#streams/values/json.ts'

const MADE =
  '<!-- Made from src/streams by npm run rules:reference. Change the descriptions there. -->'

/** Path and text of each page. */
export function ruleReferenceFiles(): readonly { readonly path: string; readonly text: string }[] {
  return [
    { path: 'docs/rules/functions.md', text: functionsPage() },
    { path: 'docs/rules/events.md', text: eventsPage() },
  ]
}

function functionsPage(): string {
  const lines = [MADE, '', '# Functions of rules', '']
  lines.push(
    `${ruleFunctions.length} functions, of which some share a name and differ in the number of`,
    'arguments. Names may be written in any case. An argument of the wrong type fails the rule for',
    'that message. Every example here is a test.',
    '',
  )
  const categories = Object.keys(FUNCTION_CATEGORIES) as FunctionCategory[]
  for (const category of categories) {
    const members = ruleFunctions.filter((one) => one.category === category)
    if (members.length === 0) continue
    lines.push(`## ${FUNCTION_CATEGORIES[category]}`, '')
    for (const member of members) lines.push(...functionLines(member))
  }
  return `${lines.join('\n').trimEnd()}\n`
}

function functionLines(definition: FunctionDefinition): readonly string[] {
  const { arguments: args, result, text, examples } = definition
  const lines = [`### ${signatureOf(definition)}`, '', ...wrapped(text), '']
  lines.push(...args.map(argumentLine), `- result: ${result}`, '')
  lines.push('```sql', ...examples.map(exampleLine), '```', '')
  return lines
}

function argumentLine({ name, type, text, optional, variadic }: Argument): string {
  const note = variadic === true ? ', any number' : optional === true ? ', optional' : ''
  return `- ${name}: ${type}${note}${text === undefined ? '' : `. ${text}`}`
}

function exampleLine({ sql, given, gives, fails, satisfies }: FunctionExample): string {
  const where = given === undefined ? '' : `   -- with ${encodeJson(given)}`
  if (fails !== undefined) return `${sql}${where}   -- fails: ${fails}`
  if (satisfies !== undefined) return `${sql}${where}`
  return `${sql}${where}   -- ${shown(gives)}`
}

function shown(value: Value): string {
  if (value === undefined) return 'nothing'
  if (Buffer.isBuffer(value)) return `bytes ${value.toString('hex')}`
  return encodeJson(value)
}

const COLUMNS_MAX = 100

function wrapped(text: string): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + word.length + 1 > COLUMNS_MAX) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

function eventsPage(): string {
  const lines = [MADE, '', '# Sources of rules', '']
  lines.push(...wrapped(EVENTS_TEXT), '', '## Published messages', '')
  lines.push('`FROM "sensors/+/data"`: any topic filter.', '', ...sampleLines(MESSAGE_PUBLISH))
  lines.push('## Events', '')
  for (const source of EVENT_SOURCES) {
    const [legacy = '', ...newer] = source.topics
    lines.push(`### ${newer[0] ?? legacy}`, '', ...wrapped(source.text), '')
    if (newer.length > 0) lines.push(`Older name: \`${legacy}\`.`, '')
    lines.push(...sampleLines(source))
  }
  lines.push('## Numbers of a rule', '', ...wrapped(NUMBERS_TEXT), '')
  lines.push(...RULE_COUNTER_NAMES.map((name) => `- \`${name}\``), '')
  return `${lines.join('\n').trimEnd()}\n`
}

const EVENTS_TEXT =
  'A rule reads published messages by topic filters, and events by their names, after FROM. ' +
  'Wildcards are allowed in the newer names: `$events/client/+`. The samples show all columns.'

const NUMBERS_TEXT =
  'Counted for each rule, over all shards: `matched` is `passed` plus `failed`, and `failed` is ' +
  '`failed.exception` (the SQL failed for the record) plus `failed.no_result` (the condition was ' +
  'not met, or FOREACH had nothing to give).'

function sampleLines({ sample, event }: EventSource): readonly string[] {
  const record: ValueMap = { ...COMMON_SAMPLE, event, ...sample }
  const entries = Object.entries(record).map(([name, value]) => {
    return `  ${JSON.stringify(name)}: ${encodeJson(value)}`
  })
  return ['```json', '{', entries.join(',\n'), '}', '```', '']
}
