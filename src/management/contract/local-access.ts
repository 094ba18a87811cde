/** How programs of this host are let in: a file in the data directory that its owner can read. */

/** Name of the file. */
export const LOCAL_ACCESS_FILE = 'tideway.api.json'

/** What is in it. */
export interface LocalAccessFile {
  /** Where the API is, without a path. */
  readonly url: string
  /** For `Authorization: Bearer`; good for as long as the process runs. */
  readonly token: string
}
