import { PlinthError } from '@plinth/sdk/errors';
import { Suspense } from 'react';
import { useTexts } from '../text/index.ts';
import { lackOf } from './lack.ts';
import { lazyPart } from './lazy-part.ts';

const Denial = lazyPart(() => import('./denial.tsx'), 'Denial');

interface RefusalProps {
  readonly error: Error | null;
  /** The page only looked, and the person tried nothing. */
  readonly isQuiet?: boolean;
}

/** From this status on the server failed, not who asked. */
const FAILED = 500;

/** Names the request of a failure, so that it can be quoted; a refusal explains itself. */
export function RequestId({ of }: { readonly of: Error }) {
  const { say } = useTexts();
  if (!(of instanceof PlinthError) || of.requestId === undefined || of.status < FAILED) return null;
  return <small className="dim">{say('error.request', { id: of.requestId })}</small>;
}

/** Says why an act was refused; for a limit also when it opens, and the plan that has more. */
export function Refusal({ error, isQuiet = false }: RefusalProps) {
  if (error === null) return null;
  const lack = lackOf(error);
  const text = (
    <p role="alert" className="worse">
      {error.message} <RequestId of={error} />
    </p>
  );
  if (lack === undefined) return text;
  return (
    <Suspense fallback={text}>
      <Denial lack={lack} message={error.message} isQuiet={isQuiet} />
    </Suspense>
  );
}
