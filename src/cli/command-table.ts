// The commands of `model2vec`, a file each.

import { bench } from './commands/bench.js'
import type { Command } from './command.js'
import { embed } from './commands/embed.js'
import { info } from './commands/info.js'
import { pull } from './commands/pull.js'
import { search } from './commands/search.js'
import { verify } from './commands/verify.js'

export type Commands = Readonly<Record<string, Command>>

export const COMMANDS: Commands = { embed, search, verify, bench, info, pull }
