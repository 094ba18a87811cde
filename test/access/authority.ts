import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What `openssl ca` wants to know. */
const CONFIG = `
[ca]
default_ca = own
[own]
dir = .
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
default_md = sha256
default_days = 2
default_crl_days = 2
policy = any
unique_subject = no
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[client]
basicConstraints = CA:false
extendedKeyUsage = clientAuth
[server]
basicConstraints = CA:false
extendedKeyUsage = serverAuth
[req]
distinguished_name = none
[none]
`

/** A certificate and its key, as files. */
export interface CertificatePair {
  readonly certfile: string
  readonly keyfile: string
}

/** An authority made with the command of OpenSSL, with its books, in a folder of its own. */
export class Authority {
  readonly certfile: string
  readonly crlfile: string
  readonly #folder: string

  /** @param parent signs it; undefined: it signs itself */
  constructor(folder: string, name: string, parent?: Authority) {
    this.#folder = join(folder, name)
    mkdirSync(this.#folder, { recursive: true })
    const put = (file: string, text: string): void => writeFileSync(join(this.#folder, file), text)
    put('ca.conf', CONFIG)
    put('index.txt', '')
    put('serial', '1000\n')
    put('crlnumber', '01\n')
    this.certfile = join(this.#folder, 'ca.pem')
    this.crlfile = join(this.#folder, 'crl.pem')
    this.#request('ca', name)
    if (parent === undefined) {
      this.#run('ca', '-selfsign', '-keyfile', 'ca.key', ...this.#signing('ca', 'authority'))
    } else {
      const request = join(this.#folder, 'ca.csr')
      parent.#sign(request, this.certfile, 'authority')
    }
    this.makeCrl()
  }

  /** Makes a certificate that this authority has signed; the file holds it and this authority. */
  issue(name: string, usage: 'client' | 'server', subjectAltName?: string): CertificatePair {
    this.#request(name, name)
    const certfile = join(this.#folder, `${name}.pem`)
    this.#sign(join(this.#folder, `${name}.csr`), certfile, usage, subjectAltName)
    writeFileSync(
      certfile,
      `${readFileSync(certfile, 'utf8')}${readFileSync(this.certfile, 'utf8')}`,
    )
    return { certfile, keyfile: join(this.#folder, `${name}.key`) }
  }

  /** Takes back a certificate, and makes the list anew. */
  revoke({ certfile }: CertificatePair): void {
    this.#run('ca', '-revoke', certfile, ...this.#own())
    this.makeCrl()
  }

  /** What the authority says to a request of OCSP, and that it holds for so long. */
  answerOcsp(request: Buffer, minutes = 60): Buffer {
    writeFileSync(join(this.#folder, 'ocsp.req'), request)
    const signer = ['-rsigner', 'ca.pem', '-rkey', 'ca.key', '-nmin', String(minutes)]
    const files = ['-reqin', 'ocsp.req', '-respout', 'ocsp.resp']
    this.#run('ocsp', '-index', 'index.txt', '-CA', 'ca.pem', ...signer, ...files)
    return readFileSync(join(this.#folder, 'ocsp.resp'))
  }

  makeCrl(): void {
    this.#run('ca', '-gencrl', '-out', 'crl.pem', ...this.#own())
  }

  #request(file: string, name: string): void {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    const files = ['-keyout', `${file}.key`, '-out', `${file}.csr`]
    this.#run('req', '-config', 'ca.conf', '-new', ...key, ...files, '-subj', `/CN=${name}`)
  }

  #sign(request: string, certfile: string, extensions: string, names?: string): void {
    if (names !== undefined) {
      const text = `${CONFIG}[named]\nbasicConstraints = CA:false\nsubjectAltName = ${names}\n`
      writeFileSync(join(this.#folder, 'named.conf'), text)
    }
    const config = names === undefined ? 'ca.conf' : 'named.conf'
    const section = names === undefined ? extensions : 'named'
    const own = this.#own(config)
    this.#run('ca', '-in', request, '-out', certfile, '-extensions', section, ...own)
  }

  #signing(file: string, extensions: string): readonly string[] {
    const files = ['-in', `${file}.csr`, '-out', `${file}.pem`, '-extensions', extensions]
    return [...files, '-config', 'ca.conf', '-batch', '-notext']
  }

  #own(config = 'ca.conf'): readonly string[] {
    return ['-config', config, '-cert', 'ca.pem', '-keyfile', 'ca.key', '-batch', '-notext']
  }

  #run(...args: readonly string[]): string {
    return execFileSync('openssl', [...args], {
      cwd: this.#folder,
      stdio: 'pipe',
      encoding: 'utf8',
    })
  }
}
