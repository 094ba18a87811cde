/**
 * The field language: one declarative description of every configuration key.
 *
 * From one description come the parser, the checks, the typed result, the JSON schema, the
 * reference page and the annotated example. A description is plain data (`FieldSpec`) that also
 * carries, for the type checker only, the type of the decoded value.
 *
 * Decoded forms: durations are milliseconds, sizes are bytes, percentages are fractions
 * (`80%` is 0.8), `infinity` is `Infinity`. Keys keep the names of the configuration file.
 */
import type { Plain } from './hocon/value.ts'
import type { Rate } from './units.ts'

/** When a change of a key takes effect, from the mildest to the strongest. */
export type Hot = 'live' | 'new-connections' | 'restart-listener' | 'restart-node'

/** A value as a person writes it, before decoding. */
export type RawValue =
  | string
  | number
  | boolean
  | null
  | readonly RawValue[]
  | { readonly [key: string]: RawValue }

/** A finding of a check: where (below the checked value) and what is wrong. */
export interface Finding {
  readonly path: readonly string[]
  readonly message: string
}

interface Common {
  /** What the key does, in whole sentences. */
  readonly text: string
  /** Inherited from the enclosing object when absent. */
  readonly hot?: Hot
  /** Written form of the default; an absent key decodes to it. */
  readonly default?: RawValue
  /** The key must be written; there is no default. */
  readonly required?: true
  /** Written form of a typical value, for the reference page and the example file. */
  readonly example?: RawValue
}

interface Worded extends Common {
  /** Words accepted instead of a value. `infinity` decodes to `Infinity`, others to themselves. */
  readonly words?: readonly string[]
}

interface Ranged extends Worded {
  readonly min?: number
  readonly max?: number
}

export interface BoolSpec extends Worded {
  readonly kind: 'bool'
}
export interface IntSpec extends Ranged {
  readonly kind: 'int'
  /** Unit for the reader, such as `s` or `messages`. */
  readonly unit?: string
}
export interface NumberSpec extends Ranged {
  readonly kind: 'number'
  readonly unit?: string
}
/** `min` and `max` in fractions: 1 is 100 %. */
export interface PercentSpec extends Ranged {
  readonly kind: 'percent'
}
/** `min` and `max` in milliseconds. */
export interface DurationSpec extends Ranged {
  readonly kind: 'duration'
}
/** `min` and `max` in bytes. */
export interface BytesSpec extends Ranged {
  readonly kind: 'bytes'
}
/** More than nothing, per a day at most. */
export interface RateSpec extends Worded {
  readonly kind: 'rate'
  readonly of: 'bytes' | 'items'
}
export interface OneOfSpec extends Common {
  readonly kind: 'oneOf'
  readonly values: readonly (string | number)[]
}
export interface StringSpec extends Common {
  readonly kind: 'string'
  readonly lengthMax?: number
  readonly pattern?: RegExp
  /** What the pattern asks for, for the error message. */
  readonly patternText?: string
  /** A file or folder: `${NAME}` is replaced from the environment. */
  readonly path?: true
  /** Several lines are usual: forms give it room. */
  readonly lines?: true
  /** Returns what is wrong, or undefined. */
  readonly check?: (value: string) => string | undefined
}
/** A string that never leaves the process in clear: `redact` replaces it. */
export interface SecretSpec extends Common {
  readonly kind: 'secret'
}
/** Whatever JSON can hold, kept as it is written; a key with `null` is not written. */
export interface AnySpec extends Common {
  readonly kind: 'any'
}
export interface ListSpec extends Common {
  readonly kind: 'list'
  readonly item: FieldSpec
  readonly itemsMax: number
  /** One string with commas between the items is accepted too. */
  readonly commaSeparated?: true
  /** A group that is no list is taken as its only item. */
  readonly single?: true
}
export interface MapSpec extends Worded {
  readonly kind: 'map'
  readonly value: FieldSpec
  /** What stands for the free key in the reference page: `name` is shown as `<name>`. */
  readonly keyLabel: string
  readonly keyPattern?: RegExp
  readonly entriesMax: number
  /** An object holding keys of an entry is taken as the entry of this name. */
  readonly flatEntry?: string
}
export interface ObjectSpec extends Common {
  readonly kind: 'object'
  readonly fields: Readonly<Record<string, FieldSpec>>
  /** Other names under which a key is accepted: `{ alias: key }`, or a key below: `group.key`. */
  readonly aliases?: Readonly<Record<string, string>>
  /** Rules between keys, run on the decoded object. */
  readonly check?: (value: never) => readonly Finding[]
}

/**
 * A group of keys in one of several forms. The form that a written group has is the first one
 * whose `tellingKeys` fit: each is a `oneOf` there, and what is written (or its default) is among
 * its values; a telling key that the form lacks is not written.
 */
export interface VariantSpec extends Common {
  readonly kind: 'variant'
  readonly tellingKeys: readonly string[]
  readonly forms: readonly ObjectSpec[]
  /** A plain text stands for the group that has only this key. */
  readonly textKey?: string
}

export type FieldSpec =
  | BoolSpec
  | IntSpec
  | NumberSpec
  | PercentSpec
  | DurationSpec
  | BytesSpec
  | RateSpec
  | OneOfSpec
  | StringSpec
  | SecretSpec
  | AnySpec
  | ListSpec
  | MapSpec
  | ObjectSpec
  | VariantSpec

declare const decoded: unique symbol

/** A description whose decoded value has type `T`. The type exists for the checker only. */
export type Field<T = unknown> = FieldSpec & { readonly [decoded]?: T }

/** The type of the decoded value of a description. */
export type Infer<F> = F extends { readonly [decoded]?: infer T } ? T : never

/** The decoded type of a set of fields. */
export type InferFields<S> = { readonly [K in keyof S]: Infer<S[K]> }

type Fields = Readonly<Record<string, Field>>
type Words<O> = O extends { readonly words: readonly (infer W)[] } ? Exclude<W, 'infinity'> : never
type Present = { readonly default: unknown } | { readonly required: true }
/** `T`, or one of the words, or undefined when there is neither default nor obligation. */
type Got<T, O> = O extends Present ? Or<T, Words<O>> : Or<T, Words<O> | undefined>
type Or<T, W> = [W] extends [never] ? T : T | W
type Item<F> = Exclude<Infer<F>, undefined>
type Options<S> = Omit<S, 'kind'>

/** `true` or `false`. */
export function bool<const O extends Options<BoolSpec>>(options: O): Field<Got<boolean, O>> {
  return { kind: 'bool', ...options }
}

/** A whole number. */
export function int<const O extends Options<IntSpec>>(options: O): Field<Got<number, O>> {
  return { kind: 'int', ...options }
}

/** A number, with or without a fraction. */
export function number<const O extends Options<NumberSpec>>(options: O): Field<Got<number, O>> {
  return { kind: 'number', ...options }
}

/** A percentage such as `80%`, decoded to a fraction. */
export function percent<const O extends Options<PercentSpec>>(options: O): Field<Got<number, O>> {
  return { kind: 'percent', ...options }
}

/** A duration such as `1m30s`, decoded to milliseconds. */
export function duration<const O extends Options<DurationSpec>>(options: O): Field<Got<number, O>> {
  return { kind: 'duration', ...options }
}

/** A size such as `256KB`, decoded to bytes. */
export function bytes<const O extends Options<BytesSpec>>(options: O): Field<Got<number, O>> {
  return { kind: 'bytes', ...options }
}

/** A rate such as `1000/s` or `1MB/10s`. */
export function rate<const O extends Options<RateSpec>>(options: O): Field<Got<Rate, O>> {
  return { kind: 'rate', ...options }
}

/** One of a closed set of words or numbers. */
export function oneOf<
  const V extends readonly (string | number)[],
  const O extends Omit<OneOfSpec, 'kind' | 'values'>,
>(values: V, options: O): Field<Got<V[number], O>> {
  return { kind: 'oneOf', values, ...options }
}

/** Text. */
export function string<const O extends Options<StringSpec>>(options: O): Field<Got<string, O>> {
  return { kind: 'string', ...options }
}

/** Text that must not be shown. A value `file:///path` names the file that holds the secret. */
export function secret<const O extends Options<SecretSpec>>(options: O): Field<Got<string, O>> {
  return { kind: 'secret', ...options }
}

/** Whatever JSON can hold. */
export function anything<const O extends Options<AnySpec>>(options: O): Field<Got<Plain, O>> {
  return { kind: 'any', ...options }
}

/** An ordered list. */
export function list<F extends Field, const O extends Omit<ListSpec, 'kind' | 'item'>>(
  item: F,
  options: O,
): Field<Got<readonly Item<F>[], O>> {
  return { kind: 'list', item, ...options }
}

/** Values under names that the owner chooses. */
export function map<F extends Field, const O extends Omit<MapSpec, 'kind' | 'value'>>(
  value: F,
  options: O,
): Field<Got<Readonly<Record<string, Item<F>>>, O>> {
  return { kind: 'map', value, ...options }
}

/** A group of named fields. An absent group decodes to the defaults of its fields. */
export function object<F extends Fields>(
  fields: F,
  options: Omit<ObjectSpec, 'kind' | 'fields' | 'check' | 'default' | 'required'> & {
    readonly check?: (value: InferFields<F>) => readonly Finding[]
  },
): Field<InferFields<F>> {
  const { check, ...rest } = options
  // The check only ever sees what these same fields decoded to.
  const checked =
    check === undefined ? {} : { check: check as (value: never) => readonly Finding[] }
  return { kind: 'object', fields, ...rest, ...checked }
}

/** The type of a group whose keys may all be left out. */
type Overriding<T, K> = { readonly [Key in Exclude<keyof T, K>]: T[Key] | undefined }

/**
 * The keys of a group once more, without defaults: what is not written there is left to the group.
 * @param options.without keys that are not offered
 */
export function overriding<T, const K extends keyof T & string = never>(
  group: Field<T>,
  { text, without = [] }: { readonly text: string; readonly without?: readonly K[] },
): Field<Overriding<T, K>> {
  if (group.kind !== 'object') throw new TypeError('only the keys of a group can be overridden')
  const left: readonly string[] = without
  const fields = Object.entries(group.fields)
    .filter(([key]) => !left.includes(key))
    .map(([key, { default: general, ...field }]) => {
      const example = field.example ?? general
      return [key, example === undefined ? field : { ...field, example }] as const
    })
  return {
    kind: 'object',
    fields: Object.fromEntries(fields),
    text,
    ...(group.hot !== undefined && { hot: group.hot }),
  }
}

/** A group of fields in one of several forms, told apart by the values of some keys. */
export function variant<const F extends readonly Field[]>(
  tellingKeys: readonly string[],
  forms: F,
  options: Omit<VariantSpec, 'kind' | 'tellingKeys' | 'forms'>,
): Field<Infer<F[number]>> {
  const groups = forms.filter((form) => form.kind === 'object')
  return { kind: 'variant', tellingKeys, forms: groups, ...options }
}
