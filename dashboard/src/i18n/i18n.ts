import i18next from 'i18next'
import { initReactI18next, useTranslation } from 'react-i18next'
import { getPreferences, subscribeToPreferences } from '../shell/preferences.ts'

/** Texts of one part of the dashboard: every language has every key. */
type Texts<Key extends string> = {
  readonly namespace: string
  readonly en: Readonly<Record<Key, string>>
  readonly zh: Readonly<Record<Key, string>>
}

/** A text by its key; `{{name}}` in it is filled from the values. */
export type Translate<Key extends string> = (
  key: Key,
  values?: Readonly<Record<string, string | number>>,
) => string

i18next.on('languageChanged', (language) => {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
})

void i18next.use(initReactI18next).init({
  lng: getPreferences().language,
  fallbackLng: 'en',
  resources: {},
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false }, // React escapes.
  returnNull: false,
})

subscribeToPreferences(() => {
  void i18next.changeLanguage(getPreferences().language)
})

/** Gives a part its texts: they come with the code of the part, not with the first page. */
export function defineTexts<Key extends string>(
  namespace: string,
  en: Readonly<Record<Key, string>>,
  zh: Readonly<Record<NoInfer<Key>, string>>,
): Texts<Key> {
  i18next.addResourceBundle('en', namespace, en)
  i18next.addResourceBundle('zh', namespace, zh)
  return { namespace, en, zh }
}

/** The texts of a part in the language that is chosen; changes with it. */
export function useTexts<Key extends string>(texts: Texts<Key>): Translate<Key> {
  const { t } = useTranslation(texts.namespace)
  return t as unknown as Translate<Key>
}
