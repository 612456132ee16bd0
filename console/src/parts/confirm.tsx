import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTexts } from '../text/index.ts';
import { useAct } from './of-account.ts';
import { Refusal } from './refusal.tsx';

interface ConfirmProps {
  readonly text: string;
  /** What is done at the second press. */
  readonly act: () => Promise<unknown>;
  readonly isDangerous?: boolean;
  /** In a row of a table: as text, so that the row stays as high as the others. */
  readonly isQuiet?: boolean;
}

/** A button that asks for a second press before it acts, and says why where it could not. */
export function Confirm({ text, act, isDangerous = false, isQuiet = false }: ConfirmProps) {
  const { say } = useTexts();
  const [isSure, setSure] = useState(false);
  const { mutate, isPending, error } = useAct(() => act().finally(() => setSure(false)));
  const shown = {
    onClick: () => (isSure ? mutate() : setSure(true)),
    onBlur: () => setSure(false),
    children: isSure ? say('app.sure', { what: text }) : text,
  };
  const color = isDangerous ? 'var(--error)' : undefined;
  return (
    <>
      <Refusal error={error} />
      {isQuiet ? (
        <button type="button" className="quiet" style={{ color }} disabled={isPending} {...shown} />
      ) : (
        <Button
          variant="default"
          {...(color === undefined ? {} : { c: color })}
          loading={isPending}
          {...shown}
        />
      )}
    </>
  );
}
