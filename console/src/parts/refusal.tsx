import { Suspense } from 'react';
import { lackOf } from './lack.ts';
import { lazyPart } from './lazy-part.ts';

const Denial = lazyPart(() => import('./denial.tsx'), 'Denial');

interface RefusalProps {
  readonly error: Error | null;
  /** The page only looked, and the person tried nothing. */
  readonly isQuiet?: boolean;
}

/** Says why an act was refused; for a limit also when it opens, and the plan that has more. */
export function Refusal({ error, isQuiet = false }: RefusalProps) {
  if (error === null) return null;
  const lack = lackOf(error);
  const text = (
    <p role="alert" className="worse">
      {error.message}
    </p>
  );
  if (lack === undefined) return text;
  return (
    <Suspense fallback={text}>
      <Denial lack={lack} message={error.message} isQuiet={isQuiet} />
    </Suspense>
  );
}
