// The table of commands: a row for each, whose file says the rest and is loaded when it is called.

import type { CommandRow } from './command.js'

export const COMMANDS: Readonly<Record<string, CommandRow>> = {
  embed: {
    summary: 'turn the texts of files into vectors',
    load: async () => (await import('./commands/embed.js')).embed,
  },
  plan: {
    summary: 'cut files into shards, for many machines',
    load: async () => (await import('./commands/plan.js')).plan,
  },
  gather: {
    summary: "say what is missing or wrong of a plan's outputs",
    load: async () => (await import('./commands/gather.js')).gather,
  },
  classify: {
    summary: 'label the texts of files with a trained head, or filter them by label',
    load: async () => (await import('./commands/classify.js')).classify,
  },
  search: {
    summary: 'print the lines of files that are nearest to a query',
    load: async () => (await import('./commands/search.js')).search,
  },
  dedupe: {
    summary: 'leave out lines that are like an earlier line',
    load: async () => (await import('./commands/dedupe.js')).dedupe,
  },
  serve: {
    summary: 'answer requests for embeddings over HTTP',
    load: async () => (await import('./commands/serve.js')).serve,
  },
  worker: {
    summary: 'do the shards of a queue in Redis, on as many machines as there are (BullMQ)',
    load: async () => (await import('./commands/worker.js')).worker,
  },
  verify: {
    summary: 'compare this engine with the official Rust engine over your texts',
    load: async () => (await import('./commands/verify.js')).verify,
  },
  bench: {
    summary: 'measure how fast a model is here, over your texts',
    load: async () => (await import('./commands/bench.js')).bench,
  },
  info: {
    summary: 'show what a model is and how it is run here',
    load: async () => (await import('./commands/info.js')).info,
  },
  pull: {
    summary: 'download a model from the Hub into the cache',
    load: async () => (await import('./commands/pull.js')).pull,
  },
}
