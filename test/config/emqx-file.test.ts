/** A file written for EMQX 5.8 starts Tideway: what holds here is obeyed, the rest is reported. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { settingsProblems, toBrokerSettings } from '#app/settings.ts'
import { formatProblem } from '#config/decode.ts'
import { loadConfig } from '#config/load.ts'

const source = 'emqx.conf'
const text = readFileSync(new URL('./emqx-5.8.conf', import.meta.url), 'utf8')
/** Its rules have to be there. */
const etc = fileURLToPath(new URL('../../etc', import.meta.url))
const loaded = loadConfig({
  files: [{ source, text }],
  env: { EMQX_ETC_DIR: etc, TEST_DIR: import.meta.dirname },
})

/** The keys that were reported, below the roots that have none of their own here. */
function reported(level: 'notice' | 'warning'): readonly string[] {
  const found = loaded.warnings.filter((warning) => warning.level === level)
  return found.map(({ path }) => path.join('.')).toSorted()
}

test('a file for EMQX 5.8 has no errors, and every warning is of a key without effect', () => {
  assert.deepEqual(loaded.errors.map(formatProblem), [])
  assert.ok(loaded.config)
  assert.deepEqual(settingsProblems(loaded.config), [])
  assert.ok(loaded.warnings.every(({ kind, at }) => kind === 'no-effect' && at?.source === source))
})

test('what its owner may rely on is a warning', () => {
  assert.deepEqual(reported('warning'), ['cluster', 'exhook', 'gateway'])
})

test('tuning of another machine is a notice, what holds here anyway is nothing', () => {
  const notices = reported('notice')
  for (const key of ['node.cookie', 'sysmon', 'retainer.flow_control', 'mqtt.strict_mode']) {
    assert.ok(notices.includes(key), key)
  }
  const all = [...notices, ...reported('warning')]
  for (const key of ['listeners.tcp.default.zone', 'listeners.quic', 'schema_registry']) {
    assert.ok(!all.includes(key), key)
  }
})

test('what holds in both is obeyed', () => {
  assert.ok(loaded.config)
  const { listeners, log } = loaded.config
  assert.deepEqual(Object.keys(listeners.tcp), ['default', 'plant'])
  assert.equal(listeners.tcp['plant']?.zone, 'plant')
  assert.deepEqual(Object.keys(listeners.wss), [])
  assert.equal(listeners.tcp['plant']?.bind, '11883')
  assert.equal(listeners.ssl['default']?.ssl_options.keyfile, join(etc, 'certs/key.pem'))
  assert.equal(log.file['default']?.path, 'log/emqx.log')
  const { nodeName, mqtt, zones, shared, sharedGroups, retainer } = toBrokerSettings(
    loaded.config,
    '0',
  )
  assert.equal(nodeName, 'emqx@10.0.0.7')
  assert.equal(mqtt.packetBytesMax, 4 * 1_048_576)
  assert.equal(mqtt.inflightMax, 32)
  assert.equal(zones.get('plant')?.mqtt.inflightMax, 128)
  assert.equal(zones.get('plant')?.mqtt.packetBytesMax, mqtt.packetBytesMax)
  assert.equal(mqtt.awaitRelTimeoutMs, 300_000)
  assert.equal(mqtt.peerCertAsUsername, 'cn')
  assert.equal(mqtt.peerCertAsClientId, 'md5')
  assert.equal(mqtt.queuePriorities?.get('alarm/fire'), 10)
  assert.equal(shared.strategy, 'hash_clientid')
  assert.equal(sharedGroups.get('workers')?.strategy, 'sticky')
  assert.equal(retainer.messagesMax, 50_000)
})

/** As earlier versions of EMQX 5 named things, and as its dashboard writes them into a file. */
const EARLIER = `
  node { name = "emqx@127.0.0.1", cookie = secret, data_dir = data }
  log {
    console_handler { enable = false }
    file_handlers.default { level = error, file = "log/emqx.log", max_size = 10MB }
  }
  listeners.tcp.default { bind = "0.0.0.0:1883", enabled = true }
  listeners.ssl.default.enabled = false
  listeners.quic.default { enabled = false, bind = 14567 }
  dashboard.listeners.https {
    bind = 18084, num_acceptors = 8, inet6 = false, ciphers = [TLS_AES_256_GCM_SHA384]
    certfile = "\${EMQX_ETC_DIR}/cert.pem", keyfile = "\${EMQX_ETC_DIR}/key.pem"
    depth = 10, reuse_sessions = true, log_level = notice, hibernate_after = 5s
  }
  authentication {
    mechanism = password_based, backend = redis, redis_type = single, server = "127.0.0.1:6379"
    cmd = "HMGET mqtt:\${username} password_hash"
    ssl {
      enable = false, verify = verify_peer, versions = ["tlsv1.3", "tlsv1.2"], ciphers = []
      depth = 10, hibernate_after = "5s", log_level = notice, reuse_sessions = true
      secure_renegotiate = true, user_lookup_fun = "emqx_tls_psk:lookup"
    }
  }
  connectors.http.h {
    url = "http://127.0.0.1:8080"
    ssl { depth = 3, reuse_sessions = true, secure_renegotiate = true }
  }`

test('names of earlier versions, and what the dashboard of EMQX writes, are read', () => {
  const env = {
    EMQX_ETC_DIR: etc,
    EMQX_LISTENERS__TCP__DEFAULT__ENABLED: 'false',
    EMQX_LOG__CONSOLE_HANDLER__LEVEL: 'debug',
  }
  const overlay = {
    source: 'cluster.hocon',
    text: 'listeners.ssl.default.enable = true, log.file.default.max_size = 20MB',
  }
  const files = [{ source, text: EARLIER }]
  const { config, errors, warnings, originOf } = loadConfig({ files, overlay, env })
  assert.deepEqual(errors.map(formatProblem), [])
  assert.ok(config)
  const { log, listeners, dashboard, authentication } = config
  assert.deepEqual([log.console.enable, log.console.level], [false, 'debug'])
  const { level, path, rotation_size: size } = log.file['default'] ?? {}
  assert.deepEqual([level, path, size], ['error', 'log/emqx.log', 20 * 1_048_576])
  assert.equal(listeners.tcp['default']?.enable, false, 'the environment wins')
  assert.equal(listeners.ssl['default']?.enable, true, 'what was changed at run time wins')
  assert.equal(dashboard.listeners.https.ssl_options.keyfile, join(etc, 'key.pem'))
  assert.deepEqual(dashboard.listeners.https.ssl_options.ciphers, ['TLS_AES_256_GCM_SHA384'])
  assert.equal(authentication.length, 1)
  assert.equal(originOf(['listeners', 'tcp', 'default', 'enable']).kind, 'environment')
  assert.equal(originOf(['log', 'file', 'default', 'level']).kind, 'file')
  assert.deepEqual(
    warnings.map((warning) => warning.path.join('.')),
    ['node.cookie', 'dashboard.listeners.https.num_acceptors', 'connectors.http.h.ssl.depth'],
  )
})
