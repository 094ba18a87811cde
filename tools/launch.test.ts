/** The launcher in a repository made for the test, with an npm that only writes down its call. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const INSTALLED = {
  'node_modules/node': { version: process.versions.node },
  'node_modules/lmdb': { version: '3.5.6' },
  'node_modules/typescript': { version: '7.0.2', dev: true },
}
const OTHER_PLATFORM = { 'node_modules/other-platform': { version: '1.0.0', optional: true } }
const LOCK = { packages: { '': {}, ...INSTALLED, ...OTHER_PLATFORM } }

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A repository whose packages are installed; returns its root. */
function makeRepository(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'tideway-launch-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const folder of ['tools', 'src', 'bin', 'node_modules/node/bin', 'node_modules/lmdb']) {
    mkdirSync(join(root, folder), { recursive: true })
  }
  mkdirSync(join(root, 'node_modules/typescript'))
  copyFileSync(join(dirname(fileURLToPath(import.meta.url)), 'launch.mjs'), launcher(root))
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(LOCK))
  writeInstalled(root, INSTALLED)
  const node = { version: process.versions.node }
  writeFileSync(join(root, 'node_modules/node/package.json'), JSON.stringify(node))
  // Exec keeps the process id, so that a signal reaches the script.
  const binary = `#!/bin/sh\nexec '${process.execPath}' "$@"\n`
  writeExecutable(join(root, 'node_modules/node/bin/node'), binary)
  writeNpm(root, 'exit 0')
  return root
}

function launcher(root: string): string {
  return join(root, 'tools/launch.mjs')
}

function writeInstalled(root: string, packages: object): void {
  writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages }))
}

function writeExecutable(path: string, text: string): void {
  writeFileSync(path, text)
  chmodSync(path, 0o755)
}

function writeNpm(root: string, then: string): void {
  writeExecutable(join(root, 'bin/npm'), `#!/bin/sh\necho "npm was called: $*" >&2\n${then}\n`)
}

function launch(root: string, args: readonly string[]): ChildProcess {
  const { npm_execpath: _, ...rest } = process.env
  const env = { ...rest, PATH: `${join(root, 'bin')}:${process.env['PATH']}` }
  return spawn(process.execPath, [launcher(root), ...args], { env, stdio: 'pipe' })
}

async function outcome(child: ChildProcess): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => (stdout += String(chunk)))
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

test('arguments go to the script and its exit code comes back', async (t) => {
  const root = makeRepository(t)
  const script = 'console.log(process.argv.slice(2).join()); process.exitCode = 42'
  writeFileSync(join(root, 'src/main.ts'), script)
  const { code, stdout, stderr } = await outcome(launch(root, ['src/main.ts', '--config', 'a b']))
  assert.deepEqual({ code, stdout, stderr }, { code: 42, stdout: '--config,a b\n', stderr: '' })
})

test('a signal to the launcher reaches the script, once', async (t) => {
  const root = makeRepository(t)
  const script = `
    let count = 0
    process.on('SIGTERM', () => {
      count += 1
      setImmediate(() => process.exit(10 + count))
    })
    setInterval(() => {}, 1000)
    console.log('ready')`
  writeFileSync(join(root, 'src/main.ts'), script)
  const child = launch(root, ['src/main.ts'])
  const ended = outcome(child)
  assert.ok(child.stdout)
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  assert.equal((await ended).code, 11)
})

test('a script that a signal ended gives the exit code of a shell', async (t) => {
  const root = makeRepository(t)
  writeFileSync(join(root, 'src/main.ts'), `process.kill(process.pid, 'SIGKILL')`)
  assert.equal((await outcome(launch(root, ['src/main.ts']))).code, 137)
})

test('packages that differ from the lock file are installed first', async (t) => {
  const root = makeRepository(t)
  const old = { 'node_modules/lmdb': { version: '3.0.0' } }
  writeInstalled(root, { ...INSTALLED, ...old })
  writeFileSync(join(root, 'src/main.ts'), `console.log('ran')`)
  const { code, stdout, stderr } = await outcome(launch(root, ['src/main.ts']))
  assert.match(stderr, /lmdb is 3\.0\.0, wanted 3\.5\.6; running npm ci/)
  assert.match(stderr, /npm was called: ci --include=dev --include=optional/)
  assert.deepEqual({ code, stdout }, { code: 0, stdout: 'ran\n' })
})

test('the product starts without development packages, a tool does not', async (t) => {
  const root = makeRepository(t)
  const { 'node_modules/typescript': _, ...installed } = INSTALLED
  writeInstalled(root, installed)
  rmSync(join(root, 'node_modules/typescript'), { recursive: true })
  writeFileSync(join(root, 'src/main.ts'), '')
  writeFileSync(join(root, 'tools/tool.ts'), '')
  assert.equal((await outcome(launch(root, ['src/main.ts']))).stderr, '')
  const tool = await outcome(launch(root, ['tools/tool.ts']))
  assert.match(tool.stderr, /typescript is not installed; running npm ci/)
})

test('a failed installation says what to do', async (t) => {
  const root = makeRepository(t)
  rmSync(join(root, 'node_modules/.package-lock.json'))
  writeNpm(root, 'exit 3')
  const { code, stderr } = await outcome(launch(root, ['src/main.ts']))
  assert.equal(code, 1)
  assert.match(stderr, /dependencies are not installed; running npm ci/)
  assert.match(stderr, /could not be installed: npm ci ended with code 3/)
  assert.match(stderr, /Then run: npm ci/)
  assert.doesNotMatch(stderr, /^ {4}at /m)
})

test('a script that does not exist is named', async (t) => {
  const { code, stderr } = await outcome(launch(makeRepository(t), ['src/app/main.ts']))
  assert.equal(code, 1)
  assert.match(stderr, /src\/app\/main\.ts does not exist in .*: is this checkout complete\?/)
})

test('a binary that npm did not place is placed by the script of its package', async (t) => {
  const root = makeRepository(t)
  const folder = join(root, 'node_modules/node')
  rmSync(join(folder, 'bin/node'))
  writeFileSync(join(root, 'src/main.ts'), `console.log('ran')`)
  const broken = await outcome(launch(root, ['src/main.ts']))
  assert.equal(broken.code, 1)
  assert.match(broken.stderr, /no working binary for/)
  const place = `require('node:fs').copyFileSync(process.execPath, 'bin/node')`
  writeFileSync(join(folder, 'installArchSpecificPackage.js'), place)
  const { code, stdout } = await outcome(launch(root, ['src/main.ts']))
  assert.deepEqual({ code, stdout }, { code: 0, stdout: 'ran\n' })
})
