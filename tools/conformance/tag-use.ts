import { isTrial } from '../tidy/project.ts'
import { type SourceFile, stringValue, walk } from '../tidy/source.ts'

/** One place where a tag stands. */
export interface TagUse {
  readonly tag: string
  readonly path: string
  /** Counted from 1. */
  readonly line: number
  /** `source`: beside code. `test`: in the name or table of a test. `note`: in a test's comment. */
  readonly kind: 'source' | 'test' | 'note'
}

const BRACKETED = /\[(MQTT(?:311)?-[^\]\s]*)\]/g

/** Every tag in a file. A tag proves something only in a text of a test: a comment runs nothing. */
export function findTags(file: SourceFile): readonly TagUse[] {
  const tested = isTrial(file.path) ? testLines(file) : new Set<string>()
  return file.lines.flatMap((text, index) => {
    const line = index + 1
    return [...text.matchAll(BRACKETED)].map(([, tag = '']) => {
      const kind = kindOf(file.path, tested.has(key(tag, line)))
      return { tag, path: file.path, line, kind }
    })
  })
}

function kindOf(path: string, inText: boolean): TagUse['kind'] {
  if (!isTrial(path)) return 'source'
  return inText ? 'test' : 'note'
}

function key(tag: string, line: number): string {
  return `${line} ${tag}`
}

/** Tags inside string and template literals, with their lines. */
function testLines(file: SourceFile): ReadonlySet<string> {
  const found = new Set<string>()
  walk(file.program, (node) => {
    const text = node.type === 'TemplateElement' ? node.value.raw : stringValue(node)
    if (text === undefined || node.type === 'TemplateLiteral') return
    const written = file.text.slice(node.start, node.end)
    for (const match of written.matchAll(BRACKETED)) {
      found.add(key(match[1] ?? '', file.lineAt(node.start + match.index)))
    }
  })
  return found
}
