/**
 * Aedes as a broker to compare with: in memory, one process, nothing configured.
 *
 *   node bench/peers/aedes.ts <port> [<tls port> <certificate file> <key file>]
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Aedes } from 'aedes'

const [port, tlsPort, certfile, keyfile] = process.argv.slice(2)
const aedes = await Aedes.createBroker()
createServer({ noDelay: true }, aedes.handle).listen(Number(port), '127.0.0.1')
if (tlsPort !== undefined && certfile !== undefined && keyfile !== undefined) {
  const files = { cert: readFileSync(certfile), key: readFileSync(keyfile) }
  createTlsServer({ ...files, noDelay: true }, aedes.handle).listen(Number(tlsPort), '127.0.0.1')
}
