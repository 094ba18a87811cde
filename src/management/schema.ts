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
  {
    version: 2,
    sql: `
      CREATE TABLE chart (
        at_ms INTEGER PRIMARY KEY,
        connections INTEGER NOT NULL,
        live_connections INTEGER NOT NULL,
        subscriptions INTEGER NOT NULL,
        subscriptions_durable INTEGER NOT NULL,
        topics INTEGER NOT NULL,
        disconnected_durable_sessions INTEGER NOT NULL,
        received INTEGER NOT NULL,
        sent INTEGER NOT NULL,
        dropped INTEGER NOT NULL,
        persisted INTEGER NOT NULL,
        validation_succeeded INTEGER NOT NULL,
        validation_failed INTEGER NOT NULL,
        transformation_succeeded INTEGER NOT NULL,
        transformation_failed INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE alarms (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        message TEXT NOT NULL,
        details TEXT NOT NULL,
        activated_at_ms INTEGER NOT NULL,
        deactivated_at_ms INTEGER
      ) STRICT;
      CREATE INDEX alarms_by_end ON alarms (deactivated_at_ms);
    `,
  },
  {
    version: 3,
    sql: `
      CREATE TABLE watched_topics (
        topic TEXT PRIMARY KEY,
        created_at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 4,
    sql: `
      ALTER TABLE chart ADD COLUMN bytes_received INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE chart ADD COLUMN bytes_sent INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE chart ADD COLUMN lag_ms INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE chart ADD COLUMN memory INTEGER NOT NULL DEFAULT 0;
    `,
  },
  {
    version: 5,
    sql: `
      CREATE TABLE config_history (
        version INTEGER PRIMARY KEY,
        created_at_ms INTEGER NOT NULL,
        origin TEXT NOT NULL,
        actor TEXT NOT NULL,
        changes TEXT NOT NULL,
        overlay TEXT NOT NULL
      ) STRICT;
    `,
  },
  {
    version: 6,
    sql: `
      CREATE TABLE traces (
        name TEXT PRIMARY KEY,
        type TEXT NOT NULL,
        value TEXT NOT NULL,
        payload_encode TEXT NOT NULL,
        formatter TEXT NOT NULL,
        start_at_ms INTEGER NOT NULL,
        end_at_ms INTEGER NOT NULL,
        is_stopped INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 7,
    sql: `ALTER TABLE api_keys ADD COLUMN scopes TEXT NOT NULL DEFAULT '[]'`,
  },
  {
    version: 8,
    sql: `
      CREATE TABLE shard_chart (
        at_ms INTEGER NOT NULL,
        shard INTEGER NOT NULL,
        connections INTEGER NOT NULL,
        received INTEGER NOT NULL,
        sent INTEGER NOT NULL,
        dropped INTEGER NOT NULL,
        bytes_received INTEGER NOT NULL,
        bytes_sent INTEGER NOT NULL,
        lag_ms INTEGER NOT NULL,
        heap_bytes INTEGER NOT NULL,
        PRIMARY KEY (at_ms, shard)
      ) STRICT, WITHOUT ROWID;
    `,
  },
]
