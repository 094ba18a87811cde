import {
  createSchema,
  deleteSchema,
  getSchema,
  listSchemas,
  type SchemaInfo,
  updateSchema,
} from '../contract/schemas.ts'
import type { ManagementContext } from '../context.ts'
import { conflict, notFound } from '../http/api-error.ts'
import { noContent, ok, reply, type Route, route } from '../http/route.ts'

const PATH = ['schema_registry', 'schemas'] as const

/** The schema registry. A change is kept: it holds after a restart as well. */
export function schemaRoutes(context: ManagementContext): readonly Route[] {
  const { configChanges } = context
  return [
    route(listSchemas, () => ok([...allSchemas(context)])),
    route(createSchema, ({ body: { name, type, source, description = '' } }) => {
      return configChanges.inTurn(async (turn) => {
        if (findSchema(context, name) !== undefined) {
          throw conflict(`There is a schema ${name} already.`, 'ALREADY_EXISTS')
        }
        await turn.replace([...PATH, name], { type, source, description })
        return reply(201, requireSchema(context, name))
      })
    }),
    route(getSchema, ({ params }) => ok(requireSchema(context, params.name))),
    route(updateSchema, ({ params: { name }, body }) => {
      const { type, source, description = '' } = body
      return configChanges.inTurn(async (turn) => {
        requireSchema(context, name)
        await turn.replace([...PATH, name], { type, source, description })
        return ok(requireSchema(context, name))
      })
    }),
    route(deleteSchema, ({ params: { name } }) => {
      return configChanges.inTurn(async (turn) => {
        requireSchema(context, name)
        await turn.set([...PATH, name], null)
        return noContent()
      })
    }),
  ]
}

function allSchemas({ node }: ManagementContext): readonly SchemaInfo[] {
  const { schemas } = node.config.current.schema_registry
  return Object.entries(schemas).map(([name, schema]) => ({ name, ...schema }))
}

function findSchema(context: ManagementContext, name: string): SchemaInfo | undefined {
  return allSchemas(context).find((schema) => schema.name === name)
}

function requireSchema(context: ManagementContext, name: string): SchemaInfo {
  const schema = findSchema(context, name)
  if (schema === undefined) throw notFound(`There is no schema ${name}.`)
  return schema
}
