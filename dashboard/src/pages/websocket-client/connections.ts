import { useSyncExternalStore } from 'react'
import { Connection, type ConnectionView } from './connection.ts'

const connections = new Map<string, Connection>()

/** The connection with an id; it goes on while other pages are shown. */
export function connectionOf(id: string): Connection {
  let connection = connections.get(id)
  if (connection === undefined) {
    connection = new Connection()
    connections.set(id, connection)
  }
  return connection
}

export function forgetConnection(id: string): void {
  connections.get(id)?.disconnect()
  connections.delete(id)
}

export function useConnection(id: string): ConnectionView {
  const connection = connectionOf(id)
  return useSyncExternalStore(connection.subscribeToView, connection.view)
}
