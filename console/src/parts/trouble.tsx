import { Alert, Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTexts } from '../text/index.ts';

/** What could not be loaded, why, and the way to try it again. */
export function Trouble({ error, retry }: { readonly error: Error; readonly retry: () => void }) {
  const { say } = useTexts();
  // No failure: a larger plan has it.
  if ('status' in error && error.status === 402)
    return (
      <p className="dim">
        {error.message} <Link to="/app/plan">{say('nav.plan')}</Link>
      </p>
    );
  return (
    <Alert color="red" role="alert" title={say('error.title')}>
      <p>{error.message}</p>
      <Button variant="default" onClick={retry}>
        {say('app.retry')}
      </Button>
    </Alert>
  );
}
