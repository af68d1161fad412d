// A `model2vec serve` in a process of its own, and clients of it.

import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import path from 'node:path'

import type { ExecutionContext } from 'ava'

import { vectorOf } from '../server/serving.js'
import { until } from '../waiting.js'
import { emptyDirectory, MAIN } from './run.js'
import type { Outcome } from './run.js'

export interface Running {
  /** What it says where it listens. */
  readonly url: string
  readonly child: ChildProcess
  readonly ended: Promise<Outcome>
  /** What it has said so far. */
  readonly said: () => string
}

/** A server that runs until the test ends. */
export function start(
  t: ExecutionContext,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const child = spawn(process.execPath, [MAIN, 'serve', ...args], { env: { ...process.env, ...env } })
  t.teardown(() => child.kill('SIGKILL'))
  let [out, err] = ['', '']
  const ended = new Promise<Outcome>((resolve) => {
    child.on('close', (code, signal) => {
      resolve({ code, signal, out, err })
    })
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  return new Promise((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
      const [, url] = /^model2vec: serving .* at (\S+)$/m.exec(err) ?? []
      if (url !== undefined) resolve({ url, child, ended, said: () => err })
    })
    void ended.then(() => {
      reject(new Error(err))
    })
  })
}

export interface Reply {
  readonly status: number
  readonly text: string
}

export interface Asked extends https.RequestOptions {
  readonly headers?: http.OutgoingHttpHeaders
}

/** A request by `node:http`, also to a Unix socket. */
export function ask(options: Asked, body?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = { ...(body !== undefined && { 'content-type': 'application/json' }), ...options.headers }
    const client = options.ca === undefined ? http : https
    const method = body === undefined ? 'GET' : 'POST'
    const request = client.request({ agent: false, method, ...options, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text })
      })
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

export function to(url: string, pathname: string): Asked {
  const { hostname, port } = new URL(url)
  return { hostname, port, path: pathname }
}

/** The first vector of an answer in base64. */
export function firstVector({ text }: Reply): Float32Array {
  const { data } = JSON.parse(text) as { data: { embedding: string }[] }
  return vectorOf(data[0]?.embedding ?? '')
}

/** A connection to a server, and what has come back. */
export interface Client {
  readonly socket: net.Socket
  readonly reply: () => string
  /** Resolves when the connection is closed. */
  readonly closed: Promise<string>
}

export function client(url: string): Client {
  const { hostname, port } = new URL(url)
  let reply = ''
  const socket = net.connect(Number(port), hostname)
  socket.setEncoding('latin1').on('data', (text: string) => (reply += text))
  socket.on('error', () => undefined)
  const closed = new Promise<string>((resolve) => {
    socket.on('close', () => {
      resolve(reply)
    })
  })
  return { socket, reply: () => reply, closed }
}

/** Sends bytes; resolves with what came back when the connection is closed. */
export function converse(url: string, bytes: string): Promise<string> {
  const { socket, closed } = client(url)
  socket.write(bytes)
  return closed
}

/** A request of which the server has the headers, and waits for the last four bytes of the body. */
export async function halfSent(url: string): Promise<Client> {
  const sender = client(url)
  const head = 'POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n'
  sender.socket.write(`${head}Content-Length: 14\r\n\r\n{"inputs":`)
  await until(() => sender.reply().includes('100 Continue'), 'the server waits for the body')
  return sender
}

/** Ends a server, and resolves when it knows that. */
export async function terminate({ child, said }: Running): Promise<void> {
  child.kill('SIGTERM')
  await until(() => said().includes('shutting down'), 'the server shuts down')
}

/** A key and a certificate for 127.0.0.1; null = there is no openssl. */
export function certificate(): { readonly key: string; readonly cert: string } | null {
  const directory = emptyDirectory()
  const [key, cert] = [path.join(directory, 'key.pem'), path.join(directory, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  try {
    execFileSync('openssl', [...args, ...subject, '-keyout', key, '-out', cert], { stdio: 'pipe' })
    return { key, cert }
  } catch {
    return null
  }
}
