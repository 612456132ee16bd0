import type { Chance, Noise } from '../../server/src/platform/operator/privacy/discrete-laplace.ts';

/** A number in (0, 1], as a program with floats draws it. */
const uniform = ({ below }: Chance) => (Number(below(2n ** 53n)) + 1) / 2 ** 53;

/** Samplers with a fault each, made of the right one: a test that passes any of them tests nothing. */
export function brokenNoise(exact: Noise, chance: Chance): Readonly<Record<string, Noise>> {
  return {
    'of scale 1/ε, as if an account had one kind': ({ numerator, denominator }) =>
      exact({ numerator, denominator: denominator * 5n }),
    'of one side': (scale) => {
      const noise = exact(scale);
      return noise < 0n ? -noise : noise;
    },
    'of zero alone': () => 0n,
    'with zero drawn twice as often': (scale) => {
      const noise = exact(scale);
      return noise === 0n || chance.happens(3n, 4n) ? noise : 0n;
    },
    'of floats, rounded': ({ numerator, denominator }) => {
      const size = Math.round((-Math.log(uniform(chance)) * Number(numerator)) / Number(denominator));
      return chance.happens(1n, 2n) ? BigInt(size) : -BigInt(size);
    },
    'of floats, as the difference of two geometric draws': ({ numerator, denominator }) => {
      const geometric = () =>
        Math.floor((-Math.log(uniform(chance)) * Number(numerator)) / Number(denominator));
      return BigInt(geometric()) - BigInt(geometric());
    },
    'drawn once for all kinds of a release': once(exact, 6),
    'that is cut at the edge': (scale) => {
      const noise = exact(scale);
      return noise > 3n ? 3n : noise;
    },
  };
}

function once(exact: Noise, times: number): Noise {
  let drawn = 0n;
  let left = 0;
  return (scale) => {
    if (left === 0) {
      drawn = exact(scale);
      left = times;
    }
    left -= 1;
    return drawn;
  };
}
