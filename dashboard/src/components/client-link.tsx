import { Link } from 'react-router'

/** A client, by the name of its session, and the page about it. */
export function ClientLink({ id }: { id: string }) {
  return <Link to={`/clients/${encodeURIComponent(id)}`}>{id}</Link>
}
