import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from '#config/load.ts'

/** As the dashboard of EMQX 5 writes them. */
const WRITTEN_FOR_EMQX = `
authentication = [
  {
    mechanism = password_based
    backend = postgresql
    server = "127.0.0.1:5432"
    database = mqtt
    username = postgres
    password = public
    auto_reconnect = true
    pool_size = 8
    query = "SELECT password_hash, salt FROM mqtt_user where username = \${username} LIMIT 1"
    password_hash_algorithm { name = sha256, salt_position = suffix }
    ssl { enable = false, verify = verify_none }
  }
  {
    mechanism = password_based
    backend = mongodb
    mongo_type = rs
    servers = "10.0.0.1:27017,10.0.0.2"
    replica_set_name = rs0
    w_mode = unsafe
    r_mode = slave_ok
    topology { pool_size = 8, max_overflow = 8 }
    database = mqtt
    collection = mqtt_user
    filter { username = "\${username}" }
    use_legacy_protocol = auto
  }
  {
    mechanism = password_based
    backend = http
    method = post
    url = "http://127.0.0.1:32333/auth?id=\${clientid}"
    headers { content-type = "application/json", keep-alive = "timeout=30, max=1000" }
    body { clientid = "\${clientid}" }
    max_retries = 2
  }
]`

test('authenticators written for EMQX are read, and what they need not say is told', () => {
  const loaded = loadConfig({ files: [{ source: 'emqx.conf', text: WRITTEN_FOR_EMQX }] })
  assert.deepEqual(loaded.errors, [])
  assert.equal(loaded.config?.authentication.length, 3)
})

function errorsOf(keys: string): string {
  const text = `authentication = [{ mechanism = password_based, ${keys} }]`
  return JSON.stringify(loadConfig({ files: [{ source: 'x', text }] }).errors)
}

test('what could not work is refused with its reason', () => {
  const postgresql = 'backend = postgresql, server = db, database = d, query ='
  assert.match(errorsOf(`${postgresql} "SELECT '\${username}x'"`), /inside the quoted text/)
  assert.match(errorsOf(`${postgresql} "SELECT \${user}"`), /unknown placeholder/)
  assert.match(errorsOf('backend = redis, server = "a:b:c", cmd = "HGETALL x"'), /host/)
  assert.match(errorsOf('backend = redis, server = a, cmd = "GET x"'), /must be HGET/)
  assert.match(errorsOf('backend = redis, server = a, cmd = "HMGET x salt"'), /password_hash/)
  const http = 'backend = http, method = get, url ='
  assert.match(errorsOf(`${http} "http://\${username}.example.org/"`), /no placeholders in host/)
  assert.match(errorsOf(`${http} "ftp://example.org/"`), /must be an address/)
})
