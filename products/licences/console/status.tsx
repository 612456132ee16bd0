import { StateBadge, useTexts } from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { texts } from './texts.ts';

interface StatusProps {
  readonly of: Pick<ReplyOf<'GET /v1/licenses/{id}'>, 'status' | 'status_reason'>;
}

/** Whether a licence is good, and why not. */
export function Status({ of: { status, status_reason: why } }: StatusProps) {
  const { say } = useTexts(texts);
  const color = status === 'active' ? 'accent' : status === 'suspended' ? 'red' : 'gray';
  return (
    <>
      <StateBadge color={color}>{say(status)}</StateBadge>{' '}
      {why !== null && <span className="dim">{why}</span>}
    </>
  );
}
