const VERSIONS: ReadonlyMap<number, string> = new Map([
  [3, '3.1'],
  [4, '3.1.1'],
  [5, '5.0'],
])

/** `MQTT 5.0` from the name and number that CONNECT carries. */
export function protocolName(name = 'MQTT', version?: number): string {
  if (version === undefined) return '–'
  const plain = name === 'MQIsdp' ? 'MQTT' : name
  return `${plain} ${VERSIONS.get(version) ?? version}`
}
