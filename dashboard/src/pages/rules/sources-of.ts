/** The names after FROM, each once. */
export function sourcesOf(sql: string): readonly string[] {
  const [, list = ''] = /\bFROM\b([\s\S]*?)(?:\bWHERE\b|$)/i.exec(sql) ?? []
  const names = [...list.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name)
  return [...new Set(names)]
}
