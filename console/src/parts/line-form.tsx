import { Button, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAct } from './of-account.ts';
import { Refusal } from './refusal.tsx';

interface LineFormProps {
  readonly label: string;
  readonly button: string;
  readonly placeholder?: string;
  readonly value?: string;
  /** More than a line: it grows as one types. */
  readonly isLong?: boolean;
  /** What is done with the line that was typed. */
  readonly act: (line: string) => Promise<unknown>;
}

/** One line of text and a button: a name, a domain; or more lines. */
export function LineForm({ label, button, placeholder, value = '', isLong = false, act }: LineFormProps) {
  const [line, setLine] = useState(value);
  const { mutate, isPending, error } = useAct(act, () => setLine(value === '' ? '' : line.trim()));
  const field = { 'aria-label': label, placeholder: placeholder ?? label, value: line };
  return (
    <>
      <form
        className="filters"
        onSubmit={(event) => {
          event.preventDefault();
          mutate(line.trim());
        }}
      >
        {isLong ? (
          <Textarea
            {...field}
            className="grow"
            autosize
            maxLength={5_000}
            onChange={({ currentTarget }) => setLine(currentTarget.value)}
          />
        ) : (
          <TextInput
            {...field}
            maxLength={200}
            onChange={({ currentTarget }) => setLine(currentTarget.value)}
          />
        )}
        <Button
          type="submit"
          variant="default"
          loading={isPending}
          disabled={line.trim() === '' || line.trim() === value}
        >
          {button}
        </Button>
      </form>
      <Refusal error={error} />
    </>
  );
}
