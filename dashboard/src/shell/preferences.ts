import { useSyncExternalStore } from 'react'

const LANGUAGES = ['en', 'zh'] as const
export type Language = (typeof LANGUAGES)[number]
export type Theme = 'light' | 'dark'

/** What a person chose; remembered by the browser. */
interface Preferences {
  readonly language: Language
  readonly theme: Theme
}

const KEY = 'tideway.preferences'
const listeners = new Set<() => void>()
let current = read()

/** The browser's language and theme until somebody chooses. */
function read(): Preferences {
  const language = navigator.language.startsWith('zh') ? 'zh' : 'en'
  const theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>
    return {
      language: LANGUAGES.find((known) => known === stored.language) ?? language,
      theme: stored.theme === 'light' || stored.theme === 'dark' ? stored.theme : theme,
    }
  } catch {
    return { language, theme }
  }
}

/** Changes some preferences everywhere at once. */
export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change }
  try {
    localStorage.setItem(KEY, JSON.stringify(current))
  } catch {
    // A browser that stores nothing forgets the choice at the next visit.
  }
  for (const listener of listeners) listener()
}

export function getPreferences(): Preferences {
  return current
}

export function subscribeToPreferences(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribeToPreferences, getPreferences)
}
