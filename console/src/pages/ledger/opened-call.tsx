import { Badge, Title } from '@mantine/core';
import type { LedgerEvent } from '../../parts/call-table.tsx';
import { STEPS } from '../../parts/steps.ts';
import { useTexts } from '../../text/index.ts';

/** All that the ledger knows of one call: its steps drawn with their times, tokens, cost, charge, and the ids that join it with logs and bills. */
export function OpenedCall({ event }: { readonly event: LedgerEvent }) {
  const { say, format } = useTexts();
  const ids = [
    ['calls.request', event.request_id],
    ['calls.provider', event.provider_request_id],
    ['calls.permit', event.permit_id],
    ['calls.key', event.key_id],
  ] as const;
  return (
    <aside aria-labelledby="opened">
      <Title order={2} id="opened">
        <time dateTime={event.created_at}>{format.instant(event.created_at)}</time>{' '}
        <Badge>{event.status}</Badge>
      </Title>
      <Steps event={event} />
      <dl>
        <dt>{say('calls.model')}</dt>
        <dd>{event.model}</dd>
        <dt>{say('calls.prompt')}</dt>
        <dd>{format.count(event.prompt_tokens)}</dd>
        <dt>{say('calls.cached')}</dt>
        <dd>{format.count(event.cached_tokens)}</dd>
        <dt>{say('calls.completion')}</dt>
        <dd>{format.count(event.completion_tokens)}</dd>
        <dt>{say('calls.cost')}</dt>
        <dd>{format.micros(event.cost_micros)}</dd>
        <dt>{say('calls.charge')}</dt>
        <dd>{format.micros(event.charged_micros)}</dd>
      </dl>
      <dl className="ids">
        {ids.map(
          ([text, id]) =>
            id !== null && (
              <div key={text}>
                <dt>{say(text)}</dt>
                <dd>{id}</dd>
              </div>
            ),
        )}
      </dl>
    </aside>
  );
}

function Steps({ event: { steps } }: { readonly event: LedgerEvent }) {
  const { say, format } = useTexts();
  if (steps === null) return null;
  return (
    <>
      <div className="line" aria-hidden>
        {STEPS.map((step) => (
          <i key={step} data-step={step} style={{ flexGrow: steps[step] ?? 0 }} />
        ))}
      </div>
      <dl>
        {STEPS.map((step) => {
          const took = steps[step];
          return (
            took !== null && (
              <div key={step}>
                <dt>{say(`step.${step}`)}</dt>
                <dd>{format.duration(took)}</dd>
              </div>
            )
          );
        })}
      </dl>
    </>
  );
}
