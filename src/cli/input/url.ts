// Inputs behind http(s), presigned URLs too: their bytes from any offset on.

/** Whether an input is a URL. */
export function isUrl(input: string): boolean {
  return /^https?:\/\//i.test(input)
}

/** The URL without its query, which may be a signature: it is in messages and ids. */
export function shownUrl(url: string): string {
  return url.replace(/[?#].*$/s, '')
}
