/** The reference page: every key, its form, default and range, and when a change takes effect. */
import { describe, formatLimit } from './decode-scalar.ts'
import type { Field, FieldSpec, Hot, RawValue, VariantSpec } from './field.ts'
import type { KnownElsewhere } from './fields/known-elsewhere.ts'
import { printValue } from './hocon/print.ts'
import { formName } from './variant.ts'

const HOT_TEXT: Readonly<Record<Hot, string>> = {
  live: 'at once',
  'new-connections': 'new connections',
  'restart-listener': 'listener restarts',
  'restart-node': 'node restarts',
}

interface Page {
  readonly lines: string[]
  /** Groups already on the page, by the heading they have: they are not written twice. */
  readonly written: Map<FieldSpec, string>
}

/** Markdown tables for every group of a description. */
export function referenceText(root: Field, known: readonly KnownElsewhere[]): string {
  const page: Page = { lines: [], written: new Map() }
  if (root.kind === 'object') {
    const groups = Object.entries(root.fields)
    const single = groups.filter(([, field]) => !hasGroups(field))
    table(page, single, [], root.hot ?? 'restart-node', 'Keys at the root')
    for (const [key, field] of groups) section(page, field, [key], root.hot ?? 'restart-node')
  }
  page.lines.push(...knownLines(known))
  return `${page.lines.join('\n')}\n`
}

/** Markdown tables of single groups, each under the path that it has; changes reach all at once. */
export function groupsText(groups: readonly (readonly [path: string, field: Field])[]): string {
  const page: Page = { lines: [], written: new Map() }
  for (const [path, field] of groups) section(page, field, [path], 'live')
  return `${page.lines.join('\n')}\n`
}

/** Whether a field has tables of its own. */
function hasGroups(field: FieldSpec): boolean {
  return groupOf(field) !== undefined || variantOf(field) !== undefined
}

function variantOf(field: FieldSpec): VariantSpec | undefined {
  if (field.kind === 'variant') return field
  return field.kind === 'list' ? variantOf(field.item) : undefined
}

function groupOf(field: FieldSpec): (FieldSpec & { readonly kind: 'object' }) | undefined {
  if (field.kind === 'object') return field
  if (field.kind === 'list') return groupOf(field.item)
  return field.kind === 'map' ? groupOf(field.value) : undefined
}

function section(page: Page, field: FieldSpec, path: readonly string[], above: Hot): void {
  const hot = field.hot ?? above
  const variant = variantOf(field)
  if (variant !== undefined) return variantSections(page, field, variant, path, hot)
  const group = groupOf(field)
  if (group === undefined) return
  if (field.kind === 'map') return section(page, field.value, [...path, `<${field.keyLabel}>`], hot)
  if (field.kind === 'list') return section(page, field.item, [...path, '[]'], hot)
  const title = path.join('.').replaceAll('.[]', '[]')
  const before = page.written.get(group)
  if (before !== undefined) {
    page.lines.push(
      `## \`${title}\``,
      '',
      `The same keys as [\`${before}\`](#${anchor(before)}).`,
      '',
    )
    return
  }
  page.written.set(group, title)
  table(page, Object.entries(group.fields), path, hot, title, group.text)
  for (const [key, child] of Object.entries(group.fields)) {
    section(page, child, [...path, key], hot)
  }
}

function variantSections(
  page: Page,
  field: FieldSpec,
  variant: VariantSpec,
  path: readonly string[],
  hot: Hot,
): void {
  if (!variant.forms.every((form) => page.written.has(form))) {
    page.lines.push(`## \`${path.join('.')}\``, '', field.text, '')
  }
  for (const form of variant.forms) {
    section(page, form, [...path, `<${formName(variant, form)}>`], hot)
  }
}

/** How the usual Markdown renderers name the heading. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
}

function table(
  page: Page,
  fields: readonly (readonly [string, FieldSpec])[],
  path: readonly string[],
  hot: Hot,
  title: string,
  text = '',
): void {
  const rows = fields.filter(([, field]) => field.kind !== 'object' && !isNamedGroup(field))
  const heading = path.length === 0 ? `## ${title}` : `## \`${title}\``
  page.lines.push(heading, '')
  if (text !== '') page.lines.push(text, '')
  for (const [key, field] of fields) {
    if (isNamedGroup(field)) page.lines.push(`\`${[...path, key].join('.')}\`: ${field.text}`, '')
  }
  if (rows.length === 0) return
  page.lines.push('| Key | Value | Default | A change reaches | What it does |')
  page.lines.push('|---|---|---|---|---|')
  for (const [key, field] of rows) page.lines.push(row(key, field, field.hot ?? hot))
  page.lines.push('')
}

/** A map of groups is a heading of its own, not a row. */
function isNamedGroup(field: FieldSpec): boolean {
  return field.kind === 'map' && field.value.kind === 'object'
}

function row(key: string, field: FieldSpec, hot: Hot): string {
  const cells = [`\`${key}\``, form(field), defaultText(field), HOT_TEXT[hot], field.text]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
}

function form(field: FieldSpec): string {
  const limits: string[] = []
  if ('min' in field && field.min !== undefined) limits.push(`≥ ${formatLimit(field, field.min)}`)
  if ('max' in field && field.max !== undefined) limits.push(`≤ ${formatLimit(field, field.max)}`)
  const range = limits.length === 0 ? '' : `, ${limits.join(', ')}`
  const example = field.example === undefined ? '' : `, as \`${inline(field.example)}\``
  return describe(field) + range + example
}

function defaultText(field: FieldSpec): string {
  if (field.default === undefined) return field.required ? 'must be written' : 'none'
  return `\`${inline(field.default)}\``
}

function inline(value: RawValue): string {
  if (typeof value === 'string') return value === '' ? '""' : value
  return printValue(value).replaceAll(/\s*\n\s*/g, ' ')
}

function knownLines(known: readonly KnownElsewhere[]): readonly string[] {
  const lines = ['## Keys of EMQX without effect', '']
  lines.push('A file with these keys is read; each of them is reported. `--check` shows all.')
  lines.push('`*` stands for any one key, `**` for any number of them.', '')
  for (const level of ['warning', 'notice'] as const) {
    const heading = level === 'warning' ? 'What you may rely on' : 'Tuning and the like'
    lines.push(`### ${heading}`, '', '| Key | What EMQX does by it |', '|---|---|')
    for (const { pattern, effect } of known.filter((row) => row.level === level)) {
      lines.push(`| \`${pattern}\` | ${effect} |`)
    }
    lines.push('')
  }
  return lines.slice(0, -1)
}
