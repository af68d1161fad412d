// Messages of the command line: lines on stderr that name the program.

export function say(message: string): void {
  process.stderr.write(`model2vec: ${message}\n`)
}

/** A number of things that something was done to: "1 line was", "2 lines were". */
export function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what} was` : `${count} ${what}s were`
}
