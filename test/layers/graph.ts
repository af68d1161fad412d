// Which file names which others: circles among them, and what no table of rooms allows.

/** The files that each file names. */
export type Imports = ReadonlyMap<string, ReadonlySet<string>>

/**
 * What each room may name besides itself; a file belongs to the longest room that its path begins
 * with.
 */
export type Rooms = Readonly<Record<string, readonly string[]>>

/**
 * Files that name each other, directly or through others: each group once, sorted (Tarjan's
 * strongly connected components).
 */
export function circles(imports: Imports): string[][] {
  const numbers = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  const found: string[][] = []
  const visit = (file: string): number => {
    const number = numbers.size
    let low = number
    numbers.set(file, number)
    stack.push(file)
    for (const next of imports.get(file) ?? []) {
      if (!numbers.has(next)) low = Math.min(low, visit(next))
      else if (stack.includes(next)) low = Math.min(low, numbers.get(next) ?? number)
    }
    lowest.set(file, low)
    if (low === number) {
      const group = stack.splice(stack.indexOf(file))
      if (group.length > 1) found.push(group.sort())
    }
    return low
  }
  for (const file of imports.keys()) if (!numbers.has(file)) visit(file)
  return found.sort()
}

/**
 * The imports between two rooms that the table doesn't allow, as `from → to`; files of no room are
 * of the room `?`.
 */
export function forbidden(imports: Imports, rooms: Rooms): string[] {
  const roomOf = (file: string): string => {
    const names = Object.keys(rooms).filter(
      (room) => file === room || file.startsWith(`${room}/`) || isFileOf(file, room),
    )
    return names.sort((a, b) => b.length - a.length)[0] ?? '?'
  }
  const found: string[] = []
  for (const [from, targets] of imports) {
    const room = roomOf(from)
    for (const to of targets) {
      const other = roomOf(to)
      if (room !== other && !(rooms[room] ?? []).includes(other))
        found.push(`${from} → ${to} (${room} may not name ${other})`)
    }
  }
  return found.sort()
}

/** `errors.ts` is all of the room `errors`. */
function isFileOf(file: string, room: string): boolean {
  return file.startsWith(`${room}.`)
}

/** Rooms that name each other in a table. */
export function circlesOfRooms(rooms: Rooms): string[][] {
  return circles(new Map(Object.entries(rooms).map(([room, others]) => [room, new Set(others)])))
}
