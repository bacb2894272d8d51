/**
 * Who of two participants makes the offer: the one whose id sorts later, usually the newcomer.
 * Both ends ask this same question and get opposite answers, so two offers can never cross.
 */
export function initiates(self: string, other: string): boolean {
  if (self === other) throw new RangeError(`Cannot pair "${self}" with itself: expected two ids`);
  return self > other;
}
