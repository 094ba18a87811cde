/**
 * Completes package-lock.json for platforms whose prebuilt packages the registry did not serve.
 *
 * A registry may hold the prebuilt binaries of some platforms only. `npm install` then leaves the
 * others out of the lock file, and `npm ci` refuses that file as incomplete. This adds the missing
 * optional entries with the platform their name tells; npm skips those that do not fit the machine
 * and downloads nothing of them. Run it after every `npm install` that changes the lock file.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const lockPath = new URL('../package-lock.json', import.meta.url)
const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const processors = ['arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64']

const lock = JSON.parse(readFileSync(lockPath, 'utf8'))
let added = 0
for (const owner of Object.values({ ...lock.packages })) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`
    if (lock.packages[key] !== undefined) continue
    lock.packages[key] = entryOf(name, version, owner)
    added += 1
  }
}
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : Number(a > b))),
)
writeFileSync(lockPath, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`package-lock.json: ${added} platform entries added`)

function entryOf(name, version, owner) {
  const parts = name.split('/').at(-1).split('-')
  const os = systems.find((system) => parts.includes(system))
  const cpu = processors.find((processor) => parts.includes(processor))
  if (os === undefined || cpu === undefined) {
    throw new Error(`${name}: no platform in the name; the registry must serve this package`)
  }
  const entry = { version, cpu: [cpu] }
  if (owner.dev === true) entry.dev = true
  if (parts.includes('musl')) entry.libc = ['musl']
  if (parts.includes('gnu')) entry.libc = ['glibc']
  return { ...entry, optional: true, os: [os] }
}
