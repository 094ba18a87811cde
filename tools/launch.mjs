/**
 * Starts a script of this repository with the pinned Node.js, whichever Node.js runs this file.
 *
 *   node tools/launch.mjs <script> [arguments…]
 *
 * Installs the dependencies first when they do not match package-lock.json. Plain JavaScript
 * without dependencies, because it runs before anything is installed and on every Node.js since 20.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE_MAJOR_MIN = 20
/** Scripts that need the dashboard's packages, or its pages. */
const DASHBOARD_USERS = ['src/app/main.ts', 'tools/test.ts']
const FORWARDED_SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGUSR2']

/** An explanation for the person at the terminal; shown without a stack. */
class LaunchError extends Error {}

/**
 * Says why the installed packages do not match the lock file, or returns undefined when they do.
 *
 * `withDev` also requires the packages needed only by tests and tools. Packages for other platforms
 * are optional and may be absent.
 */
function installProblem(root, withDev) {
  const wanted = readJson(join(root, 'package-lock.json'))
  if (wanted === undefined) throw new LaunchError('package-lock.json is missing or broken')
  const found = readJson(join(root, 'node_modules', '.package-lock.json'))
  if (found === undefined) return 'dependencies are not installed'
  for (const [path, entry] of Object.entries(wanted.packages)) {
    if (path === '') continue
    const installed = found.packages?.[path]
    const dispensable = entry.optional === true || (entry.dev === true && !withDev)
    if (installed === undefined && dispensable) continue
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    if (installed === undefined) return `${name} is not installed`
    if (installed.version !== entry.version) {
      return `${name} is ${installed.version}, wanted ${entry.version}`
    }
    if (!existsSync(join(root, path))) return `${name} is not installed`
  }
  return undefined
}

/** The path of the pinned Node.js if it is there and runs, else undefined. */
function pinnedNode(root) {
  const binary = join(root, 'node_modules', 'node', 'bin', 'node')
  const wanted = readJson(join(root, 'node_modules', 'node', 'package.json'))?.version
  if (wanted === undefined || !existsSync(binary)) return undefined
  const { stdout } = spawnSync(binary, ['--version'], { encoding: 'utf8' })
  return stdout?.trim() === `v${wanted}` ? binary : undefined
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function install(root, withDev, reason) {
  console.error(`tideway: ${reason}; running npm ci in ${root}`)
  const scope = withDev ? ['--include=dev'] : ['--omit=dev']
  const options = [...scope, '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  const { error, status } = npm(root, ['ci', ...options])
  if (error === undefined && status === 0) return
  const cause = error === undefined ? `npm ci ended with code ${status}` : error.message
  throw new LaunchError(
    `the dependencies could not be installed: ${cause}.\n` +
      '  Needed: npm on the PATH, a package registry that npm can reach (try: npm ping), and a\n' +
      `  writable folder ${join(root, 'node_modules')}.\n` +
      '  Then run: npm ci',
  )
}

/** Some settings of npm skip install scripts: then the one that places the binary runs here. */
function placeNode(root) {
  const folder = join(root, 'node_modules', 'node')
  const script = join(folder, 'installArchSpecificPackage.js')
  if (!existsSync(script)) return
  console.error('tideway: placing the pinned Node.js binary')
  const env = { ...process.env, npm_config_loglevel: 'error' }
  spawnSync(process.execPath, [script], { cwd: folder, env, stdio: ['ignore', 2, 2] })
}

function npm(root, args) {
  const options = { cwd: root, stdio: ['ignore', 2, 2] }
  const cli = process.env.npm_execpath
  // npm tells where it is; package managers other than npm do too, and cannot read our lock file.
  const own = cli !== undefined && /npm-cli\.[cm]?js$/.test(cli) && existsSync(cli)
  return own
    ? spawnSync(process.execPath, [cli, ...args], options)
    : spawnSync('npm', args, options)
}

/** The pages of the dashboard are built by what is installed in their own folder. */
function prepareDashboard(root, script, binary) {
  const folder = join(root, 'dashboard')
  const wanted = DASHBOARD_USERS.includes(script) && existsSync(join(folder, 'package-lock.json'))
  if (!wanted) return
  const build = join(root, 'tools', 'build-dashboard.ts')
  const isStart = script.startsWith('src/')
  if (isStart && spawnSync(binary, [build, '--check']).status === 0) return
  try {
    const reason = installProblem(folder, true)
    if (reason !== undefined) install(folder, true, reason)
    if (!isStart) return
    console.error('tideway: building the dashboard, once')
    const { status } = spawnSync(binary, [build], { stdio: ['ignore', 2, 2] })
    if (status !== 0) throw new LaunchError(`the build ended with code ${status}`)
  } catch (error) {
    // A broker without its pages still serves its clients; a test without them proves too little.
    if (!isStart || !(error instanceof LaunchError)) throw error
    console.error(`tideway: starting without the dashboard: ${error.message}`)
  }
}

function prepare(root, script) {
  if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_MIN) {
    throw new LaunchError(
      `Node.js ${NODE_MAJOR_MIN} or newer is needed, this is ${process.version}`,
    )
  }
  const withDev = !script.startsWith('src/')
  const reason = installProblem(root, withDev)
  // A start of the product needs no development packages, but must not take away those it finds.
  const keepDev = withDev || existsSync(join(root, 'node_modules', 'typescript'))
  if (reason !== undefined) install(root, keepDev, reason)
  if (!existsSync(resolve(root, script))) {
    throw new LaunchError(`${script} does not exist in ${root}: is this checkout complete?`)
  }
  if (pinnedNode(root) === undefined) placeNode(root)
  const binary = pinnedNode(root)
  if (binary !== undefined) return binary
  throw new LaunchError(
    `the pinned Node.js has no working binary for ${process.platform} ${process.arch}.\n` +
      '  Remove the folder node_modules and run: npm ci --foreground-scripts',
  )
}

function run(binary, root, script, args) {
  // Compiled code is kept beside the packages: the second start takes half the time of the first.
  const cache = join(root, 'node_modules', '.cache', 'compile')
  const env = { NODE_COMPILE_CACHE: cache, ...process.env }
  const child = spawn(binary, [resolve(root, script), ...args], { stdio: 'inherit', env })
  for (const signal of FORWARDED_SIGNALS) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the whole group: the child has it already.
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      child.kill(signal)
    })
  }
  child.on('error', (error) => fail(new LaunchError(`${binary}: ${error.message}`)))
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? code : 128 + constants.signals[signal]
  })
}

function fail(error) {
  console.error(error instanceof LaunchError ? `tideway: ${error.message}` : error)
  process.exitCode = 1
}

function main() {
  const root = dirname(dirname(fileURLToPath(import.meta.url)))
  const [script, ...args] = process.argv.slice(2)
  try {
    if (script === undefined) throw new LaunchError('usage: node tools/launch.mjs <script> [args…]')
    const binary = prepare(root, script)
    prepareDashboard(root, script, binary)
    run(binary, root, script, args)
  } catch (error) {
    fail(error)
  }
}

main()
