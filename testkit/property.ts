import fc from 'fast-check';
import { isShort, isThorough } from './thorough.ts';

/** How many times as long a search goes on: at night, and in a run of the whole suite, which each change waits for. */
const TIMES = isThorough ? 10 : isShort ? 0.5 : 1;

export interface Search<Values = never> {
  readonly numRuns: number;
  /** When no further run begins, in milliseconds; bounds the search for a smaller failure too. The first one is always made. */
  readonly within: number;
  /** Examples to try before the search. */
  readonly examples?: readonly Values[];
}

/**
 * `fc.assert` with a bound in time. fast-check's own leaves the run alone that is under way by then, which would move the clock of the
 * tests that follow, and calls a property failed whose first run was not over: here what comes too late is not run.
 */
export async function assertWithin<Values>(
  property: fc.IAsyncProperty<Values>,
  { numRuns, within, examples = [] }: Search<Values>,
): Promise<void> {
  const run = property.run.bind(property);
  let began: number | undefined;
  let isTried = false;
  property.run = async (values) => {
    began ??= performance.now();
    if (isTried && performance.now() - began >= within * TIMES) return null;
    const result = await run(values);
    isTried = true;
    return result;
  };
  await fc.assert(property, { numRuns: Math.ceil(numRuns * TIMES), examples: [...examples] });
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
