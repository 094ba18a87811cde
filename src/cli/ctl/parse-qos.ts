/**
 * A QoS of the command line; 0 when it is not given.
 * @throws an Error for anything but 0, 1 and 2
 */
export function parseQos(text: string | undefined): 0 | 1 | 2 {
  switch (text) {
    case undefined:
    case '0':
      return 0
    case '1':
      return 1
    case '2':
      return 2
    default:
      throw new Error(`${text} is no QoS: 0, 1 or 2`)
  }
}
