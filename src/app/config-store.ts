import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { formatProblem } from '#config/decode.ts'
import { type Change, diff } from '#config/diff.ts'
import { encode, redact } from '#config/encode.ts'
import { type ExplainedKey, explainKeys } from '#config/explain.ts'
import { printHocon } from '#config/hocon/print.ts'
import type { Plain } from '#config/hocon/value.ts'
import { keepSecrets } from '#config/keep-secrets.ts'
import { defaultConfig, type Loaded, loadConfig, type LoadOptions } from '#config/load.ts'
import { type TidewayConfig, tidewayFields } from '#config/tideway-config.ts'
import { type ConfigEdit, type ConfigPlan, ConfigRefusal } from '#management/config-port.ts'
import {
  isObject,
  partAt,
  type PlainObject,
  readOverlay,
  withoutPart,
  withPart,
} from './overlay.ts'
import { settingsProblems } from './settings.ts'

const OVERLAY = join('configs', 'cluster.hocon')
const HEADER = '# Written by the REST API: what was changed at run time. It holds over the files.\n'

/** The configuration with what was changed at run time, which is kept in the data directory. */
export class ConfigStore {
  readonly #layers: LoadOptions
  readonly #path: string
  readonly #atStart: TidewayConfig
  readonly #watchers: ((plan: ConfigPlan) => void)[] = []
  #overlay: PlainObject
  #config: TidewayConfig

  /**
   * @param layers files and environment
   * @param config what `loadWithOverlay` made of them
   */
  constructor(layers: LoadOptions, config: TidewayConfig) {
    this.#layers = layers
    this.#config = config
    this.#atStart = config
    this.#path = overlayPath(config)
    const text = existsSync(this.#path) ? readFileSync(this.#path, 'utf8') : ''
    this.#overlay = readOverlay(this.#path, text)
  }

  get current(): TidewayConfig {
    return this.#config
  }

  /** A part of the configuration as it would be written, secrets hidden. */
  shown(path: readonly string[]): Plain | undefined {
    return partAt(redact(tidewayFields, this.#config), path)
  }

  /** Every key at and below a path with its value and its origin. */
  explain(path: readonly string[]): readonly ExplainedKey[] {
    const { originOf } = this.#load(this.#overlay)
    return explainKeys(this.#config, originOf, path)
  }

  /** What differs from the defaults, or from what this process was started with. */
  changesSince(since: 'default' | 'start'): readonly Change[] {
    const before = since === 'start' ? this.#atStart : defaultConfig()
    return diff(tidewayFields, before, this.#config)
  }

  /**
   * What an edit would make of the configuration; nothing is changed by this.
   * @throws ConfigRefusal when the result is not valid, or the environment decides a key of it
   */
  plan(edit: ConfigEdit): ConfigPlan {
    const { overlay, given } = this.#edited(edit)
    const loaded = this.#load(overlay)
    const { config } = loaded
    const problems = config === undefined ? loaded.errors : settingsProblems(config)
    if (config === undefined || problems.length > 0) {
      const messages = problems.map(({ path: at, message }) => formatProblem({ path: at, message }))
      const paths = problems.map(({ path: at }) => at)
      throw new ConfigRefusal('invalid', messages, paths)
    }
    if (given !== undefined) checkPinned(loaded, given, this.shown([]))
    const changes = diff(tidewayFields, this.#config, config)
    return { config, changes, text: printHocon(overlay) }
  }

  /** Makes what was planned the configuration, and keeps it safely. */
  commit(plan: ConfigPlan): void {
    const { config, text } = plan
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
    const temporary = `${this.#path}.new`
    writeFileSync(temporary, HEADER + text, { mode: 0o600, flush: true })
    renameSync(temporary, this.#path)
    this.#overlay = readOverlay(this.#path, text)
    this.#config = config
    for (const watcher of this.#watchers) watcher(plan)
  }

  /** All that was changed at run time, as text. */
  snapshot(): string {
    return printHocon(this.#overlay)
  }

  /** Calls after every change; a watcher must not throw. */
  watch(watcher: (plan: ConfigPlan) => void): void {
    this.#watchers.push(watcher)
  }

  #load(overlay: PlainObject): Loaded {
    const source = { source: this.#path, text: printHocon(overlay) }
    return loadConfig({ ...this.#layers, overlay: source })
  }

  /** What was changed at run time after an edit, and the values that the edit gives. */
  #edited(edit: ConfigEdit): { overlay: PlainObject; given?: PlainObject } {
    const before = this.#overlay
    switch (edit.kind) {
      case 'overlay':
        return { overlay: readOverlay(this.#path, edit.text) }
      case 'reset':
        return { overlay: withoutPart(before, edit.path) }
      case 'set': {
        const value = this.#withSecrets(edit.path, edit.value)
        return {
          overlay: withPart(before, edit.path, value),
          given: withPart({}, edit.path, value),
        }
      }
      case 'text': {
        const written = readOverlay('body', edit.text)
        const wanted = Object.entries(written).filter(([root]) => !edit.without.includes(root))
        // Secrets alone have changed.
        const given = this.#withSecrets([], Object.fromEntries(wanted)) as PlainObject
        let under = before
        if (edit.replace) for (const root of Object.keys(given)) under = withoutPart(under, [root])
        return { overlay: withPart(under, [], given), given }
      }
    }
  }

  #withSecrets(path: readonly string[], value: Plain): Plain {
    return keepSecrets(value, partAt(encode(tidewayFields, this.#config), path), path, noSecret)
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

function noSecret(path: readonly string[]): ConfigRefusal {
  const message = `${path.join('.')} is hidden: there is no secret to keep`
  return new ConfigRefusal('invalid', [message], [path])
}

/** A key that the environment sets would not obey: that is said, and nothing changed. */
function checkPinned(
  loaded: Loaded,
  value: Plain,
  present: Plain | undefined,
  path: readonly string[] = [],
): void {
  if (isObject(value)) {
    for (const [key, part] of Object.entries(value)) {
      checkPinned(loaded, part, isObject(present) ? present[key] : undefined, [...path, key])
    }
    return
  }
  // What was read comes back as it was.
  if (JSON.stringify(value) === JSON.stringify(present)) return
  const origin = loaded.originOf(path)
  if (origin.kind !== 'environment') return
  const message = `${path.join('.')} is set by the environment: ${origin.name}`
  throw new ConfigRefusal('pinned', [message], [path])
}
