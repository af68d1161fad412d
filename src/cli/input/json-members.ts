// The members of JSON objects as they are written: JSON.parse would round large integers, and take 1.0
// for 1.

/**
 * The members of an object, or the elements of an array by their index, each as its JSON. Of members
 * with one name, the last, as in JSON.parse. Other values have none.
 *
 * @param json correct, without white space around it
 */
export function membersOf(json: string): Map<string, string> {
  const members = new Map<string, string>()
  const isArray = json.startsWith('[')
  let depth = 0
  let start = 0
  let name = ''
  for (let i = 0; i < json.length; i++) {
    switch (json[i]) {
      case '"':
        i = endOfString(json, i)
        break
      case '{':
      case '[':
        if (depth++ === 0) start = i + 1
        break
      case ':':
        if (depth !== 1) break
        name = JSON.parse(json.slice(start, i)) as string
        start = i + 1
        break
      case ',':
      case '}':
      case ']': {
        if (depth === 1) {
          const value = json.slice(start, i).trim()
          // What is empty has a bracket at its end, too.
          if (value !== '') members.set(isArray ? String(members.size) : name, value)
          start = i + 1
        }
        if (json[i] !== ',') depth--
      }
    }
  }
  return members
}

/** The index of the quote that ends the string. */
function endOfString(json: string, start: number): number {
  for (let end = start; ;) {
    end = json.indexOf('"', end + 1)
    let before = end
    while (json[before - 1] === '\\') before--
    if ((end - before) % 2 === 0) return end
  }
}
