import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { formatProblem } from '#config/decode.ts'
import { encode, redact, REDACTED } from '#config/encode.ts'
import { printHocon } from '#config/hocon/print.ts'
import { type Plain, toPlain } from '#config/hocon/value.ts'
import { type Loaded, loadConfig, type LoadOptions } from '#config/load.ts'
import { type TidewayConfig, tidewayFields } from '#config/tideway-config.ts'
import { ConfigRefusal } from '#management/config-port.ts'
import { settingsProblems } from './settings.ts'

const OVERLAY = join('configs', 'cluster.hocon')
const HEADER = '# Written by the REST API: what was changed at run time. It holds over the files.\n'

type PlainObject = { readonly [key: string]: Plain }

/** The configuration with what was changed at run time, which is kept in the data directory. */
export class ConfigStore {
  readonly #layers: LoadOptions
  readonly #path: string
  #overlay: PlainObject
  #config: TidewayConfig

  /**
   * @param layers files and environment
   * @param config what `loadWithOverlay` made of them
   */
  constructor(layers: LoadOptions, config: TidewayConfig) {
    this.#layers = layers
    this.#config = config
    this.#path = overlayPath(config)
    this.#overlay = readOverlay(this.#path)
  }

  get current(): TidewayConfig {
    return this.#config
  }

  /** A part of the configuration as it would be written, secrets hidden. */
  shown(path: readonly string[]): Plain | undefined {
    return partAt(redact(tidewayFields, this.#config), path)
  }

  /**
   * Sets a part of the configuration at run time, or with null takes it away; keeps it safely.
   * Objects are merged with what was written before.
   * @throws ConfigRefusal when the result is not valid, or the environment decides a key of it
   */
  change(path: readonly string[], value: Plain): TidewayConfig {
    const present = partAt(encode(tidewayFields, this.#config), path)
    const whole = withSecrets(value, present, path)
    return this.#use(withPart(this.#overlay, path, whole), { path, value: whole })
  }

  /** What `restore` goes back to. */
  snapshot(): unknown {
    return this.#overlay
  }

  /** Takes back all changes since the snapshot. */
  restore(snapshot: unknown): TidewayConfig {
    return this.#use(snapshot as PlainObject) // Made by `snapshot` above.
  }

  #use(
    overlay: PlainObject,
    change?: { readonly path: readonly string[]; readonly value: Plain },
  ): TidewayConfig {
    const loaded = loadConfig({ ...this.#layers, overlay: textOf(this.#path, overlay) })
    const { config } = loaded
    const problems = config === undefined ? loaded.errors : settingsProblems(config)
    if (config === undefined || problems.length > 0) {
      const messages = problems.map(({ path: at, message }) => formatProblem({ path: at, message }))
      throw new ConfigRefusal('invalid', messages)
    }
    if (change !== undefined) checkPinned(loaded, change.path, change.value)
    this.#write(overlay)
    this.#overlay = overlay
    this.#config = config
    return config
  }

  #write(overlay: PlainObject): void {
    mkdirSync(dirname(this.#path), { recursive: true })
    const temporary = `${this.#path}.new`
    writeFileSync(temporary, HEADER + printHocon(overlay), { mode: 0o600, flush: true })
    renameSync(temporary, this.#path)
  }
}

/** Loads files and environment, and what was changed at run time between both. */
export function loadWithOverlay(layers: LoadOptions): Loaded {
  const loaded = loadConfig(layers)
  if (loaded.config === undefined) return loaded
  const path = overlayPath(loaded.config)
  if (!existsSync(path)) return loaded
  return loadConfig({ ...layers, overlay: { source: path, text: readFileSync(path, 'utf8') } })
}

function overlayPath(config: TidewayConfig): string {
  return join(config.node.data_dir, OVERLAY)
}

function readOverlay(path: string): PlainObject {
  if (!existsSync(path)) return {}
  const source = { source: path, text: readFileSync(path, 'utf8') }
  // Read as a file of its own it holds nothing but what was written.
  const plain = toPlain(loadConfig({ files: [source] }).written)
  return isObject(plain) ? plain : {}
}

function textOf(source: string, overlay: PlainObject) {
  return { source, text: printHocon(overlay) }
}

function partAt(tree: Plain, path: readonly string[]): Plain | undefined {
  let part: Plain | undefined = tree
  for (const key of path) part = isObject(part) ? part[key] : undefined
  return part
}

/** What is shown in place of a secret and comes back stands for the secret that there is. */
function withSecrets(value: Plain, present: Plain | undefined, path: readonly string[]): Plain {
  if (value === REDACTED) {
    if (present !== undefined) return present
    throw new ConfigRefusal('invalid', [`${path.join('.')} is hidden: there is no secret to keep`])
  }
  if (Array.isArray(value)) {
    const items: readonly Plain[] = Array.isArray(present) ? present : []
    return value.map((item: Plain, index) => {
      return withSecrets(item, items[index], [...path, String(index)])
    })
  }
  if (!isObject(value)) return value
  const before = isObject(present) ? present : {}
  const entries = Object.entries(value).map(([key, part]) => {
    return [key, withSecrets(part, before[key], [...path, key])] as const
  })
  return Object.fromEntries(entries)
}

function withPart(tree: Plain | undefined, path: readonly string[], value: Plain): PlainObject {
  const before = isObject(tree) ? tree : {}
  const [key, ...rest] = path
  if (key === undefined) return isObject(value) ? { ...before, ...value } : before
  const part = rest.length > 0 ? withPart(before[key], rest, value) : merged(before[key], value)
  return { ...before, [key]: part }
}

function merged(before: Plain | undefined, value: Plain): Plain {
  if (!isObject(before) || !isObject(value)) return value
  const entries = Object.entries(value).map(([key, part]) => [key, merged(before[key], part)])
  return { ...before, ...(Object.fromEntries(entries) as PlainObject) }
}

function isObject(value: Plain | undefined): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A key that the environment sets would not obey: that is said, and nothing changed. */
function checkPinned(loaded: Loaded, path: readonly string[], value: Plain): void {
  if (isObject(value)) {
    for (const [key, part] of Object.entries(value)) checkPinned(loaded, [...path, key], part)
    return
  }
  const origin = loaded.originOf(path)
  if (origin.kind !== 'environment') return
  throw new ConfigRefusal('pinned', [`${path.join('.')} is set by the environment: ${origin.name}`])
}
