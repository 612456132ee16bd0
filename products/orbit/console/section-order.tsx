import { Refusal, useAct, useApi, useTexts } from '@plinth/console';
import { useLayoutEffect, useRef } from 'react';
import { texts } from './texts.ts';
import type { Scope, Section } from './use-scope.ts';

interface SectionOrderProps {
  readonly scope: Scope;
  readonly section: Section;
}

/** Moves a section by one place. The focus stays on the button, by which one goes on. */
export function SectionOrder({ scope: { id, sections }, section }: SectionOrderProps) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const pressed = useRef<HTMLButtonElement>(null);
  const index = sections.findIndex((one) => one.id === section.id);
  const [above, below] = [sections[index - 1], sections[index + 1]];
  const { mutate, isPending, error } = useAct(
    (body: { readonly before: string } | { readonly after: string }) =>
      call('POST /v1/scopes/{id}/sections/{section_id}/move', {
        params: { id, section_id: section.id },
        body,
      }),
  );
  // A browser takes the focus from an element that is moved.
  useLayoutEffect(() => {
    pressed.current?.focus();
    pressed.current = null;
  }, [index]);
  const press = (button: HTMLButtonElement, body: Parameters<typeof mutate>[0]) => {
    if (isPending) return;
    pressed.current = button;
    mutate(body);
  };
  return (
    <>
      {above !== undefined && (
        <button
          type="button"
          className="quiet"
          aria-label={say('moveUp')}
          title={say('moveUp')}
          onClick={({ currentTarget }) => press(currentTarget, { before: above.id })}
        >
          ↑
        </button>
      )}
      {below !== undefined && (
        <button
          type="button"
          className="quiet"
          aria-label={say('moveDown')}
          title={say('moveDown')}
          onClick={({ currentTarget }) => press(currentTarget, { after: below.id })}
        >
          ↓
        </button>
      )}
      <Refusal error={error} />
    </>
  );
}
