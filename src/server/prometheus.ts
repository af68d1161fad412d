// The text format of Prometheus, 0.0.4, and what every process tells of its memory.

import { process } from '../runtime/node-globals.js'

/** Samples of one name, with what they are; none where there are no samples. */
export function family(name: string, type: string, help: string, samples: readonly string[]): string[] {
  return samples.length === 0 ? [] : [`# HELP ${name} ${help}.`, `# TYPE ${name} ${type}`, ...samples]
}

export function gauge(name: string, help: string, value: number): string[] {
  return family(name, 'gauge', help, [`${name} ${value}`])
}

/** The value of a label. */
export function label(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

export function processGauges(): string[] {
  const { rss, heapUsed, external } = process.memoryUsage()
  return [
    ...gauge('process_resident_memory_bytes', 'Resident memory', rss),
    ...gauge('nodejs_heap_size_used_bytes', 'Memory of JavaScript', heapUsed),
    ...gauge('nodejs_external_memory_bytes', 'Memory of buffers and native objects', external),
  ]
}
