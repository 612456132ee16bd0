import { Button } from '@mantine/core';
import { useTexts } from '../text/index.ts';
import { lackOf } from './lack.ts';
import { Refusal, RequestId } from './refusal.tsx';

/** What could not be loaded, why, and the way to try it again. */
export function Trouble({ error, retry }: { readonly error: Error; readonly retry: () => void }) {
  const { say } = useTexts();
  // No failure: a larger plan has it.
  if (lackOf(error) !== undefined) return <Refusal error={error} isQuiet />;
  return (
    <div className="notice" data-bad role="alert">
      <div className="grow">
        <b>{say('error.title')}</b>
        <p>
          {error.message} <RequestId of={error} />
        </p>
      </div>
      <Button variant="default" onClick={retry}>
        {say('app.retry')}
      </Button>
    </div>
  );
}
