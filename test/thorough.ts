/** The environment variable that asks for more runs of each property, and longer ones: `npm test -- --thorough` sets it. */
export const THOROUGH = 'PLINTH_TEST_THOROUGH';

export const isThorough = process.env[THOROUGH] === 'true';
