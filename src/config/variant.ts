/** Telling the forms of a group apart. */
import type { FieldSpec, ObjectSpec, VariantSpec } from './field.ts'

/** The form that a group has, or undefined; `textOf` gives what is written under a key. */
export function formOf(
  field: VariantSpec,
  textOf: (key: string) => string | undefined,
): ObjectSpec | undefined {
  return field.forms.find((form) => {
    return field.tellingKeys.every((key) => {
      const own = Object.hasOwn(form.fields, key) ? form.fields[key] : undefined
      return fits(own, textOf(key))
    })
  })
}

function fits(own: FieldSpec | undefined, text: string | undefined): boolean {
  if (own === undefined) return text === undefined
  if (own.kind !== 'oneOf') return true
  return own.values.some((value) =>
    text === undefined ? value === own.default : `${value}` === text,
  )
}

/** `mechanism = password_based, backend = redis`: what tells a form from others. */
export function formTelling(field: VariantSpec, form: ObjectSpec): string {
  return tellingValues(field, form)
    .map(([key, values]) => `${key} = ${values.join(' or ')}`)
    .join(', ')
}

/** Short name of a form, such as `password_based:redis:single`. */
export function formName(field: VariantSpec, form: ObjectSpec): string {
  const name = tellingValues(field, form)
    .map(([, values]) => values.join('|'))
    .join(':')
  return name === '' ? Object.keys(form.fields).join('|') : name
}

function tellingValues(
  field: VariantSpec,
  form: ObjectSpec,
): readonly (readonly [string, readonly string[]])[] {
  return field.tellingKeys.flatMap((key) => {
    const own = Object.hasOwn(form.fields, key) ? form.fields[key] : undefined
    return own?.kind === 'oneOf' ? [[key, own.values.map(String)] as const] : []
  })
}
