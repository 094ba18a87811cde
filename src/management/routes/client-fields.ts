import { Client } from '../contract/clients.ts'
import { badRequest } from '../http/api-error.ts'

/**
 * Picks the fields that `fields=a,b` names; all without it.
 * @throws ApiError 400 for a name that no client has
 */
export function clientFields(text: string | undefined): (client: Client) => Partial<Client> {
  if (text === undefined || text === 'all') return (client) => client
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !(name in Client.properties))
  if (unknown !== undefined) {
    const known = Object.keys(Client.properties).join(', ')
    throw badRequest(`query.fields names ${unknown}, which is none of ${known}.`)
  }
  const wanted = new Set(names)
  return (client) => {
    return Object.fromEntries(Object.entries(client).filter(([name]) => wanted.has(name)))
  }
}
