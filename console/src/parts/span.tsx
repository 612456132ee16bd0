import { useTexts } from '../text/index.ts';
import { Pick } from './pick.tsx';
import type { Span } from './spans.ts';

interface SpanPickProps {
  readonly value: Span | undefined;
  readonly hasAny?: boolean;
  readonly choose: (span: Span | undefined) => void;
}

/** How far back a list goes. */
export function SpanPick({ value, hasAny = false, choose }: SpanPickProps) {
  const { say } = useTexts();
  return (
    <Pick
      label={say('calls.span')}
      value={value}
      options={{ day: say('calls.day'), week: say('calls.week'), month: say('calls.month') }}
      {...(hasAny ? { none: say('calls.anyTime') } : {})}
      choose={choose}
    />
  );
}
