import { CopyButton } from '@mantine/core';
import { useTexts } from '../text/index.ts';

/** Copies a text, and says so. */
export function Copy({ value, text }: { readonly value: string; readonly text: string }) {
  const { say } = useTexts();
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <button type="button" className="quiet" onClick={copy}>
          {copied ? say('app.copied') : text}
        </button>
      )}
    </CopyButton>
  );
}
