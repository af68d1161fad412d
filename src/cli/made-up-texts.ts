// Texts for `bench` without files: words of the model's vocabulary, as frequent as words are in
// natural text.

/** Words of three letters and more: in many vocabularies, shorter entries are pieces of words. */
const WORD = /^[▁Ġ]?(\p{L}{3,})$/u
const WORDS_PER_TEXT = 16
const MOST_WORDS = 10_000

/**
 * The same texts each time. By Zipf's law, word number n of the vocabulary is about 1/n as frequent
 * as the first one.
 *
 * @throws Error when the vocabulary has no words
 */
export function madeUpTexts(tokens: readonly string[], count: number): string[] {
  const words = tokens.flatMap((token) => WORD.exec(token)?.[1] ?? []).slice(0, MOST_WORDS)
  if (words.length === 0) throw new Error('the vocabulary has no words to make up texts of: name a file')
  let state = 1
  const random = (): number => {
    // Park and Miller's generator.
    state = (state * 48_271) % 0x7fff_ffff
    return state / 0x7fff_ffff
  }
  const word = (): string => words[Math.floor(words.length ** random()) - 1] ?? ''
  return Array.from({ length: count }, () => Array.from({ length: WORDS_PER_TEXT }, word).join(' '))
}
