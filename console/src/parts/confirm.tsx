import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTexts } from '../text/index.ts';

interface ConfirmProps {
  readonly text: string;
  /** What is done at the second press. */
  readonly act: () => Promise<unknown>;
  readonly isDangerous?: boolean;
  /** In a row of a table. */
  readonly isSmall?: boolean;
}

/** A button that asks for a second press before it acts, and says why where it could not. */
export function Confirm({ text, act, isDangerous = false, isSmall = false }: ConfirmProps) {
  const { say } = useTexts();
  const [isSure, setSure] = useState(false);
  const { mutate, isPending, error } = useMutation({ mutationFn: act, onSettled: () => setSure(false) });
  return (
    <>
      {error !== null && <span role="alert">{error.message}</span>}
      <Button
        variant="default"
        {...(isSmall ? { size: 'compact-xs' } : {})}
        {...(isDangerous && isSure ? { c: 'var(--error)' } : {})}
        loading={isPending}
        onClick={() => (isSure ? mutate() : setSure(true))}
        onBlur={() => setSure(false)}
      >
        {isSure ? say('app.sure', { what: text }) : text}
      </Button>
    </>
  );
}
