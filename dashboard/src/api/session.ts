import { useSyncExternalStore } from 'react'

/** Who is signed in, in this browser. */
export interface Session {
  readonly username: string
  readonly token: string
  readonly role: string
  /** Who knows the user, when that is not the broker itself. */
  readonly backend?: string
}

const KEY = 'tideway.session'
const listeners = new Set<() => void>()
let current = read()
let hasExpired = false

function read(): Session | undefined {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}

function change(session: Session | undefined): void {
  current = session
  try {
    if (session === undefined) localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, JSON.stringify(session))
  } catch {
    // Where nothing can be stored, the session lasts until the page is loaded again.
  }
  for (const listener of listeners) listener()
}

// Signing out in one window signs out in all.
addEventListener('storage', ({ key }) => {
  if (key !== KEY) return
  current = read()
  for (const listener of listeners) listener()
})

export function getSession(): Session | undefined {
  return current
}

export function beginSession(session: Session): void {
  hasExpired = false
  change(session)
}

/** Forgets who was signed in; the sign-in page shows. */
export function endSession(): void {
  change(undefined)
}

/** As `endSession`, because the broker does not know the token any more. */
export function expireSession(): void {
  hasExpired = true
  change(undefined)
}

/** Whether the sign-in page shows because a session has ended by itself. */
export function useHasExpired(): boolean {
  return useSyncExternalStore(subscribe, () => hasExpired)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useSession(): Session | undefined {
  return useSyncExternalStore(subscribe, getSession)
}

/** A viewer sees everything and changes nothing. */
export function useMayChange(): boolean {
  return useSession()?.role === 'administrator'
}
