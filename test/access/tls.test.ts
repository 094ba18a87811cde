/** Certificates on a whole broker with stock clients. */
import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test, type TestContext } from 'node:test'
import { connect as connectTls, type SecureContextOptions, type TLSSocket } from 'node:tls'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { AccessRig, publishCode } from './access-rig.ts'
import { OcspStaple } from '#listeners/ocsp-staple.ts'
import { authenticatorContext } from '../support/access-request.ts'
import { Authority, type CertificatePair } from './authority.ts'
import { exampleAt } from './examples.ts'
import { visit } from './openssl-client.ts'

let folder: string
let root: Authority
let branch: Authority
let server: CertificatePair
let direct: CertificatePair
let indirect: CertificatePair

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tideway-authority-'))
  root = new Authority(folder, 'root')
  branch = new Authority(folder, 'branch', root)
  server = root.issue('localhost', 'server', 'DNS:localhost,IP:127.0.0.1')
  direct = root.issue('direct', 'client')
  indirect = branch.issue('indirect', 'client')
})

after(() => rmSync(folder, { recursive: true, force: true }))

function listener(more: string, files: CertificatePair = server): string {
  return `listeners.ssl.default {
    bind = "127.0.0.1:0"
    ssl_options {
      certfile = "${files.certfile}", keyfile = "${files.keyfile}", ${more}
    }
  }`
}

function mutual(more = '', cacertfile = root.certfile): string {
  return `verify = verify_peer, fail_if_no_peer_cert = true, cacertfile = "${cacertfile}", ${more}`
}

/** Connects with a certificate; undefined when the broker does not let it in. */
async function dial(
  context: TestContext,
  rig: AccessRig,
  pair?: CertificatePair,
  more: IClientOptions & SecureContextOptions = {},
): Promise<MqttClient | undefined> {
  const own = pair && { cert: readFileSync(pair.certfile), key: readFileSync(pair.keyfile) }
  try {
    const url = `mqtts://127.0.0.1:${rig.broker.port('ssl:default')}`
    const ca = readFileSync(root.certfile)
    const options = { protocolVersion: 5, reconnectPeriod: 0, ca, ...own, ...more } as const
    const client = await connectAsync(url, options, false)
    context.after(() => client.endAsync(true))
    return client
  } catch {
    return undefined
  }
}

describe('certificates of clients', () => {
  test('are verified along their chain, no longer than depth', async (context) => {
    const deep = await AccessRig.start(context, 1, listener(mutual()))
    assert.ok(await dial(context, deep, direct))
    assert.ok(await dial(context, deep, indirect))
    assert.equal(await dial(context, deep), undefined)
    const flat = await AccessRig.start(context, 1, listener(mutual('depth = 0')))
    assert.ok(await dial(context, flat, direct))
    assert.equal(await dial(context, flat, indirect), undefined)
    const line = flat.broker.lines.find(({ fields }) => /TOO_LONG/.test(String(fields?.['detail'])))
    assert.ok(line)
  })

  test('name the client and give it attributes, in the zone that says so', async (context) => {
    const named = `zone = named, mountpoint = "\${clientid}/\${username}/\${client_attrs.who}/",`
    const rig = await AccessRig.start(
      context,
      1,
      `${listener(mutual())}
       ${listener(mutual()).replace('ssl.default {', `ssl.named { ${named}`)}
       zones.named.mqtt {
         peer_cert_as_username = cn
         peer_cert_as_clientid = md5
         client_attrs_init = [{ expression = "concat(cn, '-', zone)", set_as_attr = who }]
       }`,
    )
    const watcher = await rig.connect()
    await watcher.subscribeAsync('#')
    const topics: string[] = []
    watcher.on('message', (topic) => topics.push(topic))
    const given = { clientId: 'mine', username: 'me' }
    for (const id of ['ssl:named', 'ssl:default']) {
      const client = await dial(context, rig, direct, { ...given, port: rig.broker.port(id) })
      await client?.publishAsync('x', '', { qos: 1 })
    }
    const { raw: certificate } = new X509Certificate(readFileSync(direct.certfile))
    const md5 = createHash('md5').update(certificate).digest('hex')
    await until(() => topics.length === 2)
    assert.deepEqual(topics, [`${md5}/direct/direct-named/x`, 'x'])
  })

  test('may end at an authority below the root with partial_chain', async (context) => {
    const whole = await AccessRig.start(context, 1, listener(mutual('', branch.certfile)))
    assert.equal(await dial(context, whole, indirect), undefined)
    const config = listener(mutual('partial_chain = true', branch.certfile))
    const partial = await AccessRig.start(context, 1, config)
    assert.ok(await dial(context, partial, indirect))
    assert.equal(await dial(context, partial, direct), undefined)
  })

  test('must be made for what is asked', async (context) => {
    const config = listener(mutual('verify_peer_ext_key_usage = ["OID:1.2.3.4"]'))
    const rig = await AccessRig.start(context, 1, config)
    assert.equal(await dial(context, rig, direct), undefined)
    const usual = await AccessRig.start(
      context,
      1,
      listener(mutual('verify_peer_ext_key_usage = "serverAuth, clientAuth"')),
    )
    assert.ok(await dial(context, usual, direct))
  })

  test('are refused once they are revoked, also for sessions that are resumed', async (context) => {
    const lists = join(folder, 'lists.pem')
    const write = () => {
      writeFileSync(
        lists,
        readFileSync(root.crlfile, 'utf8') + readFileSync(branch.crlfile, 'utf8'),
      )
    }
    write()
    const any = root.issue('any', 'server', 'DNS:*.example.com')
    const example = exampleAt('listeners.ssl.default.ssl_options', {
      ...server,
      cacertfile: root.certfile,
      crlfile: lists,
      server_names: { '*.example.com': { ...any } },
    })
    const config = `listeners.ssl.default.bind = "127.0.0.1:0"\n${example}`
    const rig = await AccessRig.start(context, 1, config)
    await meetOpenssl(rig.broker.port('ssl:default'))
    const lost = branch.issue('lost', 'client')
    const sessions: Buffer[] = []
    const client = await dial(context, rig, lost)
    assert.ok(client)
    assert.ok(await dial(context, rig, indirect))
    const socket = await raw(rig, lost)
    socket.on('session', (session: Buffer) => sessions.push(session))
    await until(() => sessions.length > 0)
    branch.revoke(lost)
    write()
    await rig.broker.node.reload()
    assert.equal(await dial(context, rig, lost), undefined)
    assert.ok(await dial(context, rig, indirect))
    assert.equal(await publishCode(client, 't'), 0, 'who is there stays')
    const again = await raw(rig, lost, sessions[0])
    await until(() => again.destroyed)
  })
})

describe('certificates of the server', () => {
  test('are changed without ending connections', async (context) => {
    const files = { certfile: join(folder, 'now.pem'), keyfile: join(folder, 'now.key') }
    const use = (pair: CertificatePair): void => {
      copyFileSync(pair.certfile, files.certfile)
      copyFileSync(pair.keyfile, files.keyfile)
    }
    use(server)
    const rig = await AccessRig.start(context, 3, listener('', files))
    const serials = async () => {
      const seen = new Set<string>()
      for (let count = 0; count < 12; count++) seen.add(await serialOf(rig, 'localhost'))
      return seen
    }
    const client = await dial(context, rig)
    assert.ok(client)
    const [before_] = await serials()
    use(root.issue('renewed', 'server', 'DNS:localhost,IP:127.0.0.1'))
    await rig.broker.node.reload()
    const later = await serials()
    assert.equal(later.size, 1)
    assert.ok(!later.has(String(before_)))
    assert.equal(await publishCode(client, 't'), 0)
    assert.ok(await dial(context, rig))
  })

  test('are chosen by the name that the client asks for', async (context) => {
    const one = root.issue('one', 'server', 'DNS:one.example')
    const any = root.issue('any', 'server', 'DNS:*.many.example')
    const names = `server_names {
      "one.example" { certfile = "${one.certfile}", keyfile = "${one.keyfile}" }
      "*.many.example" { certfile = "${any.certfile}", keyfile = "${any.keyfile}" }
    }`
    const rig = await AccessRig.start(context, 1, listener(names))
    for (const servername of ['one.example', 'a.many.example', 'localhost']) {
      assert.ok(await dial(context, rig, undefined, { servername }), servername)
    }
    const usual = await serialOf(rig, 'localhost')
    assert.equal(await serialOf(rig, 'a.b.many.example'), usual)
    assert.notEqual(await serialOf(rig, 'ONE.example'), usual)
  })
})

describe('stapled answers of OCSP', () => {
  const stapling = (url: string, timeout = '15s') => `ocsp {
    enable_ocsp_stapling = true, responder_url = "${url}", issuer_pem = "${root.certfile}"
    refresh_http_timeout = ${timeout}
  }`
  const started = (context: TestContext, url: string, timeout = '15s') =>
    AccessRig.start(context, 1, listener(stapling(url, timeout)))

  const stapleOf = async (rig: AccessRig, name = 'localhost'): Promise<string> => {
    const port = rig.broker.port('ssl:default')
    const { isLetIn, text } = await visit(port, '-status', '-servername', name)
    assert.ok(isLetIn)
    return text
  }

  type Answer = (request: Buffer) => Buffer | URL | undefined

  async function responder(context: TestContext, answer: Answer) {
    let asked = 0
    const http = createServer((request, response) => {
      asked++
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const body = answer(Buffer.concat(chunks))
        if (body instanceof URL) response.writeHead(307, { location: body.href }).end()
        else if (body !== undefined) response.end(body)
      })
    })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    context.after(() => {
      http.closeAllConnections()
      http.close()
    })
    const { port } = http.address() as AddressInfo
    return { url: `http://127.0.0.1:${port}`, asked: () => asked }
  }

  test('are those of the authority, asked for once', async (context) => {
    const { url, asked } = await responder(context, (request) => root.answerOcsp(request))
    const rig = await started(context, url)
    for (let count = 0; count < 3; count++) {
      assert.match(await stapleOf(rig), /Cert Status: good/)
    }
    assert.equal(asked(), 1)
  })

  test('are those of the certificate that is shown, whichever is asked for', async (context) => {
    const { url, asked } = await responder(context, (request) => root.answerOcsp(request))
    const named = root.issue('named', 'server', 'DNS:named.example')
    const names = `server_names { "named.example" {
      certfile = "${named.certfile}", keyfile = "${named.keyfile}"
    } }`
    const rig = await AccessRig.start(context, 1, listener(`${names}, ${stapling(url)}`))
    root.revoke(named)
    for (let round = 0; round < 2; round++) {
      assert.match(await stapleOf(rig, 'localhost'), /Cert Status: good/)
      assert.match(await stapleOf(rig, 'named.example'), /Cert Status: revoked/)
    }
    assert.equal(asked(), 2)
  })

  test('are shown until the responder says they end, renewed or not', async (context) => {
    let isAway = false
    const { url, asked } = await responder(context, (request) => {
      return isAway ? Buffer.from('nonsense') : root.answerOcsp(request, 60)
    })
    const clock = { ms: 0 }
    const { log } = authenticatorContext(0)
    const times = { refreshMs: 300_000, timeoutMs: 20_000 }
    const options = { responderUrl: url, issuerFile: root.certfile, ...times }
    const staple = new OcspStaple(options, log, () => clock.ms)
    const certificate = new X509Certificate(readFileSync(server.certfile)).raw
    assert.ok(await staple.get(certificate))
    isAway = true
    clock.ms = 30 * 60_000
    assert.ok(await staple.get(certificate), 'it cannot be renewed and goes on')
    await until(() => asked() > 1)
    clock.ms = 60 * 60_000
    assert.equal(await staple.get(certificate), undefined)
  })

  test('are left out when the responder hangs or answers nonsense', async (context) => {
    const real = await responder(context, (request) => root.answerOcsp(request))
    const long = (request: Buffer) =>
      Buffer.concat([root.answerOcsp(request), Buffer.alloc(65_536)])
    const answers = [() => undefined, () => Buffer.from('nonsense'), long, () => new URL(real.url)]
    for (const answer of answers) {
      const { url } = await responder(context, answer)
      const rig = await started(context, url, '200ms')
      assert.match(await stapleOf(rig), /OCSP response: no response sent/)
      assert.ok(rig.broker.lines.some(({ message }) => message === 'ocsp_not_renewed'))
    }
  })
})

test('versions and cipher suites are those of the configuration', async (context) => {
  const suite = 'ECDHE-ECDSA-AES256-GCM-SHA384'
  const config = listener(`versions = ["tlsv1.2"], ciphers = ["${suite}"]`)
  const rig = await AccessRig.start(context, 1, config)
  const port = rig.broker.port('ssl:default')
  const { isLetIn, text } = await visit(port)
  assert.ok(isLetIn)
  assert.match(text, new RegExp(`New, TLSv1.2, Cipher is ${suite}`))
  assert.equal((await visit(port, '-tls1_3')).isLetIn, false)
  const other = ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256']
  assert.equal((await visit(port, ...other)).isLetIn, false)
})

/** The example of the page, as OpenSSL sees it. */
async function meetOpenssl(port: number): Promise<void> {
  const own = ['-cert', direct.certfile, '-key', direct.keyfile, '-CAfile', root.certfile]
  for (const version of ['1_2', '1_3']) {
    const { isLetIn, text } = await visit(port, `-tls${version}`, ...own)
    assert.ok(isLetIn, version)
    assert.match(text, new RegExp(`New, TLSv${version.replace('_', '.')}`))
    assert.match(text, /Verification: OK/)
    assert.match(text, /^subject=CN = localhost$/m)
    assert.equal((await visit(port, `-tls${version}`)).isLetIn, false, 'without a certificate')
  }
  const named = await visit(port, ...own, '-servername', 'a.example.com')
  assert.match(named.text, /^subject=CN = any$/m)
  const old = await visit(port, ...own, '-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0')
  assert.equal(old.isLetIn, false)
}

async function raw(rig: AccessRig, pair?: CertificatePair, session?: Buffer): Promise<TLSSocket> {
  const socket = connectTls({
    host: '127.0.0.1',
    port: rig.broker.port('ssl:default'),
    servername: 'localhost',
    ca: readFileSync(root.certfile),
    ...(pair && { cert: readFileSync(pair.certfile), key: readFileSync(pair.keyfile) }),
    ...(session && { session }),
  })
  socket.on('error', () => {})
  socket.resume()
  await new Promise((resolve) => socket.once('secureConnect', resolve).once('close', resolve))
  return socket
}

async function serialOf(rig: AccessRig, servername: string): Promise<string> {
  const socket = connectTls({
    host: '127.0.0.1',
    port: rig.broker.port('ssl:default'),
    servername,
    rejectUnauthorized: false,
  })
  await new Promise((resolve, reject) =>
    socket.once('secureConnect', resolve).once('error', reject),
  )
  const { serialNumber } = socket.getPeerCertificate()
  socket.destroy()
  return serialNumber
}

async function until(isSo: () => boolean): Promise<void> {
  const endsAtMs = Date.now() + 10_000
  while (!isSo() && Date.now() < endsAtMs) await new Promise((resolve) => setImmediate(resolve))
  assert.ok(isSo())
}
