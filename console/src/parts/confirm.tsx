import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTexts } from '../text/index.ts';

interface ConfirmProps {
  readonly text: string;
  /** What is done at the second press. */
  readonly act: () => Promise<unknown>;
  readonly isDangerous?: boolean;
  /** In a row of a table: as text, so that the row stays as high as the others. */
  readonly isQuiet?: boolean;
}

/** A button that asks for a second press before it acts, and says why where it could not; what pages show is asked for again. */
export function Confirm({ text, act, isDangerous = false, isQuiet = false }: ConfirmProps) {
  const { say } = useTexts();
  const [isSure, setSure] = useState(false);
  const queries = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: act,
    onSettled: () => {
      setSure(false);
      return queries.invalidateQueries();
    },
  });
  const shown = {
    onClick: () => (isSure ? mutate() : setSure(true)),
    onBlur: () => setSure(false),
    children: isSure ? say('app.sure', { what: text }) : text,
  };
  return (
    <>
      {error !== null && <span role="alert">{error.message}</span>}
      {isQuiet ? (
        <button type="button" className="quiet" disabled={isPending} {...shown} />
      ) : (
        <Button
          variant="default"
          {...(isDangerous && isSure ? { c: 'var(--error)' } : {})}
          loading={isPending}
          {...shown}
        />
      )}
    </>
  );
}
