// The table of commands: a row for each, whose file says the rest.

import type { Command } from './command.js'
import { bench } from './commands/bench.js'
import { classify } from './commands/classify.js'
import { dedupe } from './commands/dedupe.js'
import { embed } from './commands/embed.js'
import { gather } from './commands/gather.js'
import { info } from './commands/info.js'
import { plan } from './commands/plan.js'
import { pull } from './commands/pull.js'
import { search } from './commands/search.js'
import { serve } from './commands/serve.js'
import { verify } from './commands/verify.js'
import { worker } from './commands/worker.js'

export const COMMANDS: Readonly<Record<string, Command>> = {
  embed,
  plan,
  gather,
  classify,
  search,
  dedupe,
  serve,
  worker,
  verify,
  bench,
  info,
  pull,
}
