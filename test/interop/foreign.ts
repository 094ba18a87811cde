/** Foreign programs that tests talk to, and what happens when they are not installed. */
import { canRun } from './program.ts'

/** Options of a test or suite that can be left out. */
export interface NeedOptions {
  readonly skip?: string
}

const PYTHONS = ['/usr/bin/python3', 'python3'] as const

/** The Python that has paho-mqtt: that of Debian before any other. */
export const PYTHON: string =
  PYTHONS.find((python) => canRun(python, ['-c', 'import paho.mqtt'])) ?? PYTHONS[0]

/** For tests that start mosquitto_pub and mosquitto_sub. */
export function needsMosquittoClients(): NeedOptions {
  return needs('mosquitto-clients', isInstalled('mosquitto_sub'))
}

/** For tests that start the Mosquitto broker. */
export function needsMosquitto(): NeedOptions {
  return needs('mosquitto', isInstalled('mosquitto'))
}

/** For tests that start Python programs. */
export function needsPaho(): NeedOptions {
  return needs('python3-paho-mqtt', canRun(PYTHON, ['-c', 'import paho.mqtt']))
}

function isInstalled(command: string): boolean {
  return canRun('sh', ['-c', `command -v ${command}`])
}

/**
 * Without the package the tests are left out with one line that says so. Where everything is to
 * be tested (`CI=true`) they run and fail.
 */
function needs(debianPackage: string, isThere: boolean): NeedOptions {
  if (isThere || process.env['CI'] === 'true') return {}
  return { skip: `${debianPackage} is not installed: apt-get install ${debianPackage}` }
}
