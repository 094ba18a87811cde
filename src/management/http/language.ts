import type { Language } from '#config/translate.ts'

/** The language that a request wants first (`Accept-Language`); English unless it is Chinese. */
export function languageOf(header: (name: string) => string | undefined): Language {
  return header('accept-language')?.toLowerCase().startsWith('zh') === true ? 'zh' : 'en'
}
