import type protobuf from 'protobufjs'
import type { Schema } from '#plugin/define-function.ts'
import { decodeMessage, encodeMessage } from './protobuf-values.ts'
import { loadProtobuf } from './schema-libraries.ts'
import { reasonOf, SchemaError } from './schema-spec.ts'

/**
 * The messages of a `.proto` file, syntax 2 or 3, without imports. A call names the message by its
 * type; with or without the package.
 * @throws SchemaError when the text is none
 */
export function makeProtobufSchema(source: string): Schema {
  let root: protobuf.Root
  try {
    const parsed = loadProtobuf().parse(source, { keepCase: true })
    if ((parsed.imports ?? []).length > 0) {
      throw new SchemaError(
        `cannot import ${(parsed.imports ?? []).join(', ')}: put it in the text`,
      )
    }
    root = parsed.root
    root.resolveAll()
  } catch (error) {
    throw new SchemaError(`the Protobuf schema is wrong: ${reasonOf(error)}`)
  }
  const types = new Map<string, protobuf.Type>()
  const typeOf = (name: string | undefined): protobuf.Type => {
    if (name === undefined) throw new SchemaError('a Protobuf schema needs the type of the message')
    const type = types.get(name) ?? findType(root, name)
    types.set(name, type)
    return type
  }
  return {
    decode: (bytes, messageType) => decodeMessage(typeOf(messageType), bytes),
    encode: (value, messageType) => encodeMessage(typeOf(messageType), value),
  }
}

function findType(root: protobuf.Root, name: string): protobuf.Type {
  try {
    return root.lookupType(name)
  } catch {
    throw new SchemaError(`the schema has no message type ${name}`)
  }
}
