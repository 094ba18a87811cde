import { useState } from 'react'

/** Conditions of a list: those that somebody has set, by the names that the API has for them. */
export function useFilters<Filters extends object>() {
  const [filters, setFilters] = useState<Partial<Filters>>({})
  /** Sets one; an empty text, or `any`, takes it away. */
  const set =
    <Name extends keyof Filters>(name: Name) =>
    (value: Filters[Name] | '' | 'any'): void => {
      const { [name]: _, ...others } = filters
      const isSet = value !== '' && value !== 'any'
      setFilters((isSet ? { ...others, [name]: value } : others) as Partial<Filters>)
    }
  return { filters, set }
}
