import type { Problem } from './problem.ts'
import type { Project } from './project.ts'

const CODE_ROOTS = /^(?:src|test|tools)\//
const CODE_NAME = /^[a-z0-9]+(?:[.-][a-z0-9]+)*\.(?:ts|mts|mjs)$/
const FOLDER_NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
const CODE_FILE = /\.(?:ts|mts|mjs|js|sh|py)$|^\.ci\//

/** Marks of unfinished work. The words are cut so that this file does not hold them. */
const MARKS = new RegExp(`\\b(?:TO${'DO'}|FIX${'ME'}|XX${'X'}|HA${'CK'})\\b`)

/** What says where or how a file was made instead of what it is. */
const FOREIGN_WORDS: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /(?<![\w.*+#/\\-])\/work(?:\/|\b)/, what: 'a path of one machine' },
  { pattern: /(?<![\w/\\-])\/tmp\/brief\b/, what: 'a path of one machine' },
  { pattern: /(?<![\w/\\-])\/(?:root|home\/[a-z]\w*)\//, what: 'a path of one machine' },
  { pattern: /\b(?:issue|pull request|PR)s? ?#?\d+\b/i, what: 'the number of an issue' },
  { pattern: /\(#\d+\)|\bGH-\d+\b/, what: 'the number of an issue' },
]

/** kebab-case names; no `index.ts`, which hides where things are. */
export function checkNames(project: Project): readonly Problem[] {
  return [...project.texts.keys()].flatMap((path) => {
    const message = CODE_ROOTS.test(path) ? nameMessage(path) : undefined
    return message === undefined ? [] : [{ rule: 'names', path, line: 1, message }]
  })
}

/** A file that only passes on what others export is a barrel too. */
export function checkBarrels(project: Project): readonly Problem[] {
  return [...project.sources.values()].flatMap((file) => {
    const { body } = file.program
    const passes = body.every(
      (node) =>
        node.type === 'ExportAllDeclaration' ||
        (node.type === 'ExportNamedDeclaration' && node.source !== null),
    )
    if (body.length === 0 || !passes) return []
    const message = 'only passes on other files: let users import those by their own names'
    return [{ rule: 'barrels', path: file.path, line: 1, message }]
  })
}

/** Unfinished work, machine paths, issue numbers, and registry hosts in the lock file. */
export function checkWords(project: Project): readonly Problem[] {
  const problems: Problem[] = []
  for (const [path, text] of project.texts) {
    for (const [index, line] of text.split('\n').entries()) {
      const message = wordMessage(path, line)
      if (message !== undefined) problems.push({ rule: 'words', path, line: index + 1, message })
    }
  }
  return problems
}

/** A file the parser refuses. */
export function checkSyntax(project: Project): readonly Problem[] {
  return [...project.sources.values()].flatMap((file) =>
    file.syntaxErrors.map((error) => {
      return { rule: 'syntax', path: file.path, line: 1, message: `does not parse: ${error}` }
    }),
  )
}

function nameMessage(path: string): string | undefined {
  const parts = path.split('/')
  const name = parts.at(-1) ?? ''
  const folder = parts.slice(1, -1).find((part) => !FOLDER_NAME.test(part))
  if (folder !== undefined) return `folder ${folder}: write the name in kebab-case`
  if (!/\.(?:ts|mts|mjs|js)$/.test(name)) return undefined
  if (name.startsWith('index.')) return 'no index file: import files by their own names'
  if (CODE_NAME.test(name)) return undefined
  return `${name}: name the file in kebab-case after its main export`
}

function wordMessage(path: string, line: string): string | undefined {
  if (path === 'package-lock.json') {
    if (!/"resolved":/.test(line)) return undefined
    return 'the lock file names a registry: set omit-lockfile-registry-resolved and install again'
  }
  const mark = CODE_FILE.test(path) ? MARKS.exec(line)?.[0] : undefined
  if (mark !== undefined) return `${mark}: finish it, or write a test that shows what is missing`
  const word = FOREIGN_WORDS.find(({ pattern }) => pattern.test(line))
  return word === undefined ? undefined : `${word.what}: say what the product does instead`
}
