import type { SqlMigration } from '#storage/sqlite/sqlite-database.ts'

/** Tables of the management database. A step that was released is never changed. */
export const MANAGEMENT_SCHEMA: readonly SqlMigration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE users (
        username TEXT PRIMARY KEY,
        password TEXT NOT NULL,
        role TEXT NOT NULL,
        description TEXT NOT NULL,
        must_change INTEGER NOT NULL,
        created_at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE api_keys (
        name TEXT PRIMARY KEY,
        api_key TEXT NOT NULL UNIQUE,
        secret_hash TEXT NOT NULL,
        role TEXT NOT NULL,
        description TEXT NOT NULL,
        enable INTEGER NOT NULL,
        expires_at_ms INTEGER,
        created_at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE audit (
        id INTEGER PRIMARY KEY,
        created_at_ms INTEGER NOT NULL,
        origin TEXT NOT NULL,
        source TEXT NOT NULL,
        source_ip TEXT NOT NULL,
        operation_id TEXT NOT NULL,
        operation_type TEXT NOT NULL,
        method TEXT NOT NULL,
        status INTEGER NOT NULL,
        duration_ms INTEGER NOT NULL,
        failure TEXT NOT NULL,
        request TEXT NOT NULL
      ) STRICT;
      CREATE INDEX audit_by_time ON audit (created_at_ms);
    `,
  },
]
