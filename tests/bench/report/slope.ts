/** A cost at a size, both over 0. */
export interface Point {
  readonly size: number;
  readonly cost: number;
}

/**
 * How a cost grows: the slope of log cost over log size, by least squares. 0 is flat, 1 is in proportion.
 *
 * @throws {RangeError} for fewer than two sizes.
 */
export function logLogSlope(points: readonly Point[]): number {
  const xs = points.map(({ size }) => Math.log(size));
  const ys = points.map(({ cost }) => Math.log(cost));
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [x, y] = [mean(xs), mean(ys)];
  const square = xs.reduce((sum, value) => sum + (value - x) ** 2, 0);
  if (!(square > 0)) throw new RangeError("Cannot take a slope: expected two sizes or more");
  return xs.reduce((sum, value, i) => sum + (value - x) * (ys[i]! - y), 0) / square;
}
