import { send } from './http.ts'

/**
 * Saves a file of the API. A link cannot carry the token: the file is fetched, and then saved.
 * @throws ApiError
 */
export async function download(path: string, filename: string): Promise<void> {
  const response = await send('GET', path)
  const url = URL.createObjectURL(await response.blob())
  const link = document.createElement('a')
  link.href = url
  link.download = filename
  link.click()
  URL.revokeObjectURL(url)
}
