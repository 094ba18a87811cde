/** Foreign programs that tests talk to, and what happens when they are not installed. */
import { canRun, isInstalled, type NeedOptions, needsPackage } from '../support/needs-package.ts'

const PYTHONS = ['/usr/bin/python3', 'python3'] as const

/** The Python that has paho-mqtt: that of Debian before any other. */
export const PYTHON: string =
  PYTHONS.find((python) => canRun(python, ['-c', 'import paho.mqtt'])) ?? PYTHONS[0]

/** For tests that start mosquitto_pub and mosquitto_sub. */
export function needsMosquittoClients(): NeedOptions {
  return needsPackage('mosquitto-clients', isInstalled('mosquitto_sub'))
}

/** For tests that start the Mosquitto broker. */
export function needsMosquitto(): NeedOptions {
  return needsPackage('mosquitto', isInstalled('mosquitto'))
}

/** For tests that start Python programs. */
export function needsPaho(): NeedOptions {
  return needsPackage('python3-paho-mqtt', canRun(PYTHON, ['-c', 'import paho.mqtt']))
}
