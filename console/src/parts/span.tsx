import { pageTexts, useTexts } from '../text/index.ts';
import { Pick } from './pick.tsx';
import type { Span } from './spans.ts';

const texts = pageTexts({
  span: ['Time', 'Zeit'],
  anyTime: ['Any time', 'Jederzeit'],
  day: ['Last 24 hours', 'Letzte 24 Stunden'],
  week: ['Last 7 days', 'Letzte 7 Tage'],
  month: ['Last 31 days', 'Letzte 31 Tage'],
});

interface SpanPickProps {
  readonly value: Span | undefined;
  readonly hasAny?: boolean;
  readonly choose: (span: Span | undefined) => void;
}

/** How far back a list goes. */
export function SpanPick({ value, hasAny = false, choose }: SpanPickProps) {
  const { say } = useTexts(texts);
  return (
    <Pick
      label={say('span')}
      value={value}
      options={{ day: say('day'), week: say('week'), month: say('month') }}
      {...(hasAny ? { none: say('anyTime') } : {})}
      choose={choose}
    />
  );
}
