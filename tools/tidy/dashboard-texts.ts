import type { Node, ObjectExpression } from 'oxc-parser'
import type { Problem } from './problem.ts'
import { type Project, resolveImport } from './project.ts'
import { parseSource, type SourceFile, stringValue, walk } from './source.ts'

/** Texts whose keys the broker gives out, and where it names them. */
const NAMED_BY_BROKER: ReadonlyMap<string, string> = new Map([
  ['dashboard/src/components/use-alarm-text.ts', 'src/management/observe/'],
])

/** A text in both languages. */
interface Text {
  readonly key: string
  readonly line: number
  readonly en: string
  readonly zh: string
}

/**
 * Every text of the dashboard is shown somewhere, and has the same places to fill in both
 * languages. That no key is missing the compiler sees.
 */
export function checkTexts(project: Project): readonly Problem[] {
  const files = readDashboard(project)
  return [...files.values()].flatMap((file) => {
    const texts = textsOf(file)
    if (texts.length === 0) return []
    const isUsed = usesOf(file.path, files, project)
    return texts.flatMap(({ key, line, en, zh }) => {
      const at = (message: string): Problem => {
        return { rule: 'dashboard-texts', path: file.path, line, message }
      }
      return [
        ...(isUsed(key) ? [] : [at(`nobody uses the text ${key}: remove it`)]),
        ...(placesOf(en) === placesOf(zh) ? [] : [at(`${key}: other {{places}} in Chinese`)]),
      ]
    })
  })
}

function readDashboard(project: Project): ReadonlyMap<string, SourceFile> {
  const paths = [...project.texts].filter(([path]) => /^dashboard\/src\/.*\.tsx?$/.test(path))
  return new Map(paths.map(([path, text]) => [path, parseSource(path, text)]))
}

/** What a file gives to `defineTexts`. */
function textsOf({ program, lineAt }: SourceFile): readonly Text[] {
  const texts: Text[] = []
  walk(program, (node) => {
    if (!isDefinition(node)) return
    const [, en, zh] = node.arguments
    if (en?.type !== 'ObjectExpression' || zh?.type !== 'ObjectExpression') return
    const chinese = new Map(entriesOf(zh).map(({ key, text }) => [key, text]))
    for (const { key, text, start } of entriesOf(en)) {
      texts.push({ key, line: lineAt(start), en: text, zh: chinese.get(key) ?? text })
    }
  })
  return texts
}

function isDefinition(node: Node): node is Node & { type: 'CallExpression' } {
  if (node.type !== 'CallExpression' || node.callee.type !== 'Identifier') return false
  return node.callee.name === 'defineTexts'
}

function entriesOf({ properties }: ObjectExpression) {
  return properties.flatMap((property) => {
    const key = nameOf(property)
    if (key === undefined || property.type !== 'Property') return []
    return [{ key, text: textOf(property.value), start: property.start }]
  })
}

function nameOf(property: Node): string | undefined {
  if (property.type !== 'Property' || property.computed) return undefined
  return property.key.type === 'Identifier' ? property.key.name : stringValue(property.key)
}

/** A text, which may stand on several lines. */
function textOf(node: Node): string {
  if (node.type === 'BinaryExpression') return textOf(node.left) + textOf(node.right)
  return stringValue(node) ?? ''
}

/** `{{count}} {{name}}` of a text, whatever their order. */
function placesOf(text: string): string {
  return [...new Set(text.match(/\{\{\w+\}\}/g))].toSorted().join(' ')
}

/**
 * Whether a key of the texts of a file is written anywhere that it can be taken from: the files
 * that show the texts, what they import, and the contract of what they load.
 */
function usesOf(
  path: string,
  files: ReadonlyMap<string, SourceFile>,
  project: Project,
): (key: string) => boolean {
  const broker = NAMED_BY_BROKER.get(path)
  const imports = (file: SourceFile): readonly string[] =>
    file.imports.flatMap((edge) => resolveImport(file.path, edge) ?? [])
  const shown = [...files.values()].filter(
    (file) => file.path === path || imports(file).includes(path),
  )
  const near = shown
    .flatMap(imports)
    .filter((other) => other !== path)
    .flatMap((other) => files.get(other) ?? project.sources.get(other) ?? [])
  const named = [...project.sources.values()].filter(
    (file) => broker !== undefined && file.path.startsWith(broker),
  )
  const words = [...new Set([...shown, ...near, ...named])].map(wordsOf)
  return (key) => words.some(({ exact, patterns }) => exact.has(key) || patterns.test(key))
}

interface Words {
  readonly exact: ReadonlySet<string>
  /** Of texts with places in them, as in `about-${root}`. */
  readonly patterns: RegExp
}

const known = new WeakMap<SourceFile, Words>()

/** Texts, also as types, and names in tables of a file. */
function wordsOf(file: SourceFile): Words {
  const before = known.get(file)
  if (before !== undefined) return before
  const exact = new Set<string>()
  const patterns = ['(?!)']
  walk(file.program, (node, ancestors) => {
    if (isDefinition(node)) return false
    const text = stringValue(node) ?? (isInTable(ancestors) ? nameOf(node) : undefined)
    if (text !== undefined) exact.add(text)
    else if (node.type === 'TemplateLiteral' || node.type === 'TSTemplateLiteralType') {
      const parts = node.quasis.map(({ value }) => value.cooked ?? '')
      if (parts.some((part) => part !== '')) patterns.push(parts.map(RegExp.escape).join('.+'))
    }
    return undefined
  })
  const words = { exact, patterns: new RegExp(`^(?:${patterns.join('|')})$`) }
  known.set(file, words)
  return words
}

/** A constant beside the functions, such as `{ live: 300, hour: 3_600 }`. */
function isInTable(ancestors: readonly Node[]): boolean {
  return !ancestors.some(({ type }) => /Function/.test(type))
}
