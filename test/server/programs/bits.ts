// What a client has got, for the test, which compares it: JSON has no -0, and base64 has every bit.

/** The float32 of rows, one after the other, in base64. */
export function bitsOf(rows: readonly (readonly number[])[]): string {
  return Buffer.from(Float32Array.from(rows.flat()).buffer).toString('base64')
}

/** What an error of a client says of the server's answer. */
export interface ClientFault {
  readonly name: string
  readonly status: unknown
  readonly code: unknown
  readonly message: string
}

/** What a promise rejects with. */
export async function faultOf(promise: PromiseLike<unknown>): Promise<ClientFault> {
  try {
    await promise
  } catch (error) {
    const { status, statusCode, status_code, code, message } = error as Record<string, unknown>
    const { name } = (error as object).constructor
    return { name, status: status ?? statusCode ?? status_code, code, message: String(message) }
  }
  return { name: 'none', status: null, code: null, message: 'resolved' }
}

/** What every program gets. */
export interface ClientInput {
  readonly url: string
  readonly key: string
  readonly model: string
  readonly texts: readonly string[]
  /** The package of the client, in test/integrations. */
  readonly client: string
}
