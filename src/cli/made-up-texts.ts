// Texts for `bench` where no file is given: words of the model's own vocabulary, as often as words are in natural text.

/** Words of so many letters and more; shorter ones are pieces of words in many vocabularies. */
const WORD = /^[▁Ġ]?(\p{L}{3,})$/u
const WORDS_PER_TEXT = 16
const MOST_WORDS = 10_000

/**
 * The same texts each time: word number n of the vocabulary comes up about 1/n as often as the first, which is Zipf's law.
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
