/** The environment variable that asks for more runs of each property, and longer ones: `npm test -- --thorough` sets it. */
export const THOROUGH = 'PLINTH_TEST_THOROUGH';

export const isThorough = process.env[THOROUGH] === 'true';

/** The environment variable that asks for fewer runs of each property that uses a database: `npm test` of the whole suite sets it. */
export const SHORT = 'PLINTH_TEST_SHORT';

export const isShort = process.env[SHORT] === 'true';

const [runs, seed = '1', longest = '6'] = (process.env['PLINTH_TEST_HISTORIES'] ?? '').split(' ');

/** Random histories that the decisions of limits are compared over, their seed, and steps at most: for a search of hours. */
export const HISTORIES =
  runs === '' ? undefined : { runs: Number(runs), seed: Number(seed), longest: Number(longest) };
