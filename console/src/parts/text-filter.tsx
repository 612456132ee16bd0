import { TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';

interface TextFilterProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly choose: (value: string | undefined) => void;
  /** What of the text is looked for, and may stand in an address. */
  readonly clean?: (text: string) => string;
  /** Whether it takes a line of its own. */
  readonly isWide?: boolean;
  /** Where this changes, what was typed and not looked for yet is dropped: something was opened meanwhile. */
  readonly dropBy?: string | undefined;
}

/** Milliseconds after the last letter until it is looked for. */
const PAUSE = 250;

/** A text that a list is narrowed by, a moment after it was typed. */
export function TextFilter({
  label,
  value = '',
  choose,
  clean = (text) => text,
  isWide = false,
  dropBy,
}: TextFilterProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value, dropBy]);
  useEffect(() => {
    const wanted = clean(text.trim());
    if (wanted === value) return;
    const timer = setTimeout(() => choose(wanted === '' ? undefined : wanted), PAUSE);
    return () => clearTimeout(timer);
  });
  return (
    <TextInput
      type="search"
      {...(isWide ? { mb: 'lg' } : {})}
      aria-label={label}
      placeholder={label}
      value={text}
      maxLength={200}
      onChange={({ currentTarget }) => setText(currentTarget.value)}
    />
  );
}
