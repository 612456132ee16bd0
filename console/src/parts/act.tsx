import { Button } from '@mantine/core';
import { useAct } from './of-account.ts';
import { Refusal } from './refusal.tsx';

interface ActProps {
  readonly text: string;
  readonly act: () => Promise<unknown>;
  /** As text, in a row of a table for example. */
  readonly isQuiet?: boolean;
  readonly isDisabled?: boolean;
}

/** A button that does something at once, and says why where it could not. */
export function Act({ text, act, isQuiet = false, isDisabled = false }: ActProps) {
  const { mutate, isPending, error } = useAct(act);
  return (
    <>
      {isQuiet ? (
        <button type="button" className="quiet" disabled={isPending} onClick={() => mutate()}>
          {text}
        </button>
      ) : (
        <Button variant="default" loading={isPending} disabled={isDisabled} onClick={() => mutate()}>
          {text}
        </Button>
      )}
      <Refusal error={error} />
    </>
  );
}
