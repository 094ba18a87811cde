import CHINESE from './chinese.json' with { type: 'json' }

/** Languages in which the configuration says what its keys do. */
export type Language = 'en' | 'zh'

const TABLE: Readonly<Record<string, string>> = CHINESE
/** What every type of connector, action and source says of itself; the parts are in the table. */
const SENTENCES: readonly (readonly [RegExp, (...parts: readonly string[]) => string])[] = [
  [/^Connection to (.+?)\. (.+)$/, (other = '', text = '') => `到 ${other} 的连接。${text}`],
  [/^Sends the outputs of rules to (.+)\.$/, (other = '') => `将规则的输出发送到 ${other}。`],
  [
    /^Gives what comes from (.+) to the rules that read it\.$/,
    (other = '') => `将来自 ${other} 的消息提供给读取它的规则。`,
  ],
]

/** A text of a description in a language; as it is when the language lacks it. */
export function translate(text: string, language: Language): string {
  if (language === 'en') return text
  for (const [pattern, sentence] of SENTENCES) {
    const parts = pattern.exec(text)
    if (parts !== null) return sentence(...parts.slice(1).map((part) => TABLE[part] ?? part))
  }
  return TABLE[text] ?? text
}

/** Texts that are translated as they stand, in English. */
export function translatedTexts(): readonly string[] {
  return Object.keys(TABLE)
}
