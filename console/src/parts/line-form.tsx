import { Button, Textarea, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useAct } from './of-account.ts';
import { Refusal } from './refusal.tsx';
import { type Typed, typedIn } from './typed.ts';

interface LineFormProps {
  readonly label: string;
  readonly button: string;
  readonly placeholder?: string;
  readonly value?: string;
  /** More than a line: it grows as one types. */
  readonly isLong?: boolean;
  /** What is done with the line that was typed, and what was typed into further fields by their names. */
  readonly act: (line: string, typed: Typed) => Promise<unknown>;
  /** Further fields. */
  readonly children?: ReactNode;
}

/** One line of text and a button: a name, a domain; or more lines. */
export function LineForm({
  label,
  button,
  placeholder,
  value = '',
  isLong = false,
  act,
  children,
}: LineFormProps) {
  const [line, setLine] = useState(value);
  const { mutate, isPending, error } = useAct(
    (sent: { readonly line: string; readonly typed: Typed }) => act(sent.line.trim(), sent.typed),
    // The next line may have been typed meanwhile: a question, while the one before is answered.
    (_, sent) => setLine((now) => (now !== sent.line ? now : value === '' ? '' : now.trim())),
  );
  const field = { 'aria-label': label, placeholder: placeholder ?? label, value: line };
  return (
    <>
      <form
        className="filters"
        onSubmit={(event) => {
          event.preventDefault();
          mutate({ line, typed: typedIn(event.currentTarget) });
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
            {...(children === undefined ? {} : { className: 'grow' })}
            maxLength={200}
            onChange={({ currentTarget }) => setLine(currentTarget.value)}
          />
        )}
        {children}
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
