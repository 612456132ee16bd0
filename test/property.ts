import fc from 'fast-check';
import { isThorough } from './thorough.ts';

/** How many times as long a search goes on at night. */
const TIMES = isThorough ? 10 : 1;

export interface Search {
  readonly numRuns: number;
  /** When no further run begins, in milliseconds; bounds the search for a smaller failure too. */
  readonly within: number;
}

/**
 * `fc.assert` with a bound in time. fast-check leaves the run alone that is under way by then: it is awaited here, or
 * it would move the clock of the tests that follow.
 */
export async function assertWithin<Values>(
  property: fc.IAsyncProperty<Values>,
  { numRuns, within }: Search,
): Promise<void> {
  const run = property.run.bind(property);
  let last: Promise<unknown> = Promise.resolve();
  property.run = (values) => {
    const result = run(values);
    last = result;
    return result;
  };
  try {
    await fc.assert(property, { numRuns: numRuns * TIMES, interruptAfterTimeLimit: within * TIMES });
  } finally {
    await last;
  }
}

/** How many times as many runs at night of what needs no service. */
const PURE_TIMES = isThorough ? 50 : 1;

/** The same for what is decided at once, without a service and without a bound in time. */
export function assertHolds<Values>(
  property: fc.IProperty<Values>,
  { numRuns }: Pick<Search, 'numRuns'>,
): void {
  fc.assert(property, { numRuns: numRuns * PURE_TIMES });
}
