// Decimals with all their digits: JavaScript has no numbers for them.

/** @param scale how many digits are after the point; below 0, zeros are before it */
export function decimalText(integer: bigint, scale: number): string {
  if (scale <= 0) return String(integer * 10n ** BigInt(-scale))
  const digits = String(integer < 0n ? -integer : integer).padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${integer < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}
