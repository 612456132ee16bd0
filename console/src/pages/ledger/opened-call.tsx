import { Badge, CloseButton, Skeleton } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useAccount } from '../../account.ts';
import { useSearchOf } from '../../parts/search.ts';
import { chatCall, type WrittenCall } from '../../parts/call-code.ts';
import { CopyCall } from '../../parts/copy-call.tsx';
import { Facts } from '../../parts/facts.tsx';
import { LIVE } from '../../parts/live.ts';
import { STEPS } from '../../parts/steps.ts';
import { Trouble } from '../../parts/trouble.tsx';
import { useTexts } from '../../text/index.ts';
import { useKeyNames } from './filters.tsx';
import { readSearch } from './search.ts';
import { texts } from './texts.ts';

type Details = ReplyOf<'GET /v1/usage/events/{id}'>;

const isOver = ({ status }: Details) => status === 'posted' || status === 'voided';

/** All that the ledger knows of one call, whether its row is loaded or not: its steps drawn with their times, tokens, cost, charge, why it is as it is, and the ids that join it with logs and bills. */
export function OpenedCall({ id }: { readonly id: string }) {
  const { say, format } = useTexts(texts);
  const navigate = useNavigate({ from: '/app/ledger' });
  const { call: _call, ...rest } = useSearchOf(readSearch);
  const chosen = useAccount();
  const { data, error, refetch } = useQuery({
    queryKey: ['usage', chosen?.account.id, 'call', id],
    queryFn: () => chosen?.api.call('GET /v1/usage/events/{id}', { params: { id } }),
    enabled: chosen !== undefined,
    refetchInterval: ({ state }) => (state.data != null && isOver(state.data) ? false : LIVE),
  });
  const isMissing = error !== null && 'status' in error && error.status === 404;
  return (
    <aside aria-labelledby="opened">
      <h2 id="opened" className="opened">
        {data === undefined ? (
          say('nav.ledger')
        ) : (
          <>
            <time dateTime={data.created_at}>{format.instant(data.created_at)}</time>
            <Badge>{data.status}</Badge>
          </>
        )}
        <CloseButton
          size="sm"
          aria-label={say('app.close')}
          onClick={() => void navigate({ search: rest })}
        />
      </h2>
      {isMissing ? (
        <p className="dim">{say('noCall')}</p>
      ) : error !== null ? (
        <Trouble error={error} retry={() => void refetch()} />
      ) : data === undefined ? (
        <Skeleton h={320} />
      ) : (
        <CallFacts event={data} />
      )}
    </aside>
  );
}

function CallFacts({ event }: { readonly event: Details }) {
  const { say, format } = useTexts(texts);
  const keyName = useKeyNames();
  return (
    <>
      <Steps event={event} />
      <Why event={event} />
      <Facts
        isList
        of={{
          [say('calls.feature')]: `${event.product} ${event.feature}`,
          [say('calls.model')]: `${event.provider} ${event.model}${event.own_key ? say('ownKey') : ''}`,
          [say('plan')]: event.plan ?? undefined,
          [say('prompt')]: format.count(event.prompt_tokens),
          [say('cached')]: format.count(event.cached_tokens),
          [say('completion')]: format.count(event.completion_tokens),
          [say('reserve')]: format.micros(event.reserve_micros),
          [say('calls.cost')]: format.micros(event.cost_micros),
          [say('calls.charge')]: format.micros(event.charged_micros),
        }}
      />
      <Facts
        isList
        isMono
        of={{
          [say('calls.request')]: event.request_id,
          [say('atProvider')]: event.provider_request_id ?? undefined,
          [say('permit')]: event.permit_id,
          [say('apiKey')]: event.key_id === null ? undefined : keyName(event.key_id),
          [say('by')]: event.user_id,
        }}
      />
      <p className="dim">
        <CopyCall call={callOf(event)} />
      </p>
    </>
  );
}

/** The same kind of call again, where one can make it by hand: what was said is kept nowhere. Else the call that reads this row. */
const callOf = ({ id, product, model }: Details): WrittenCall =>
  product === 'gateway' ? chatCall(model, '…') : { route: 'GET /v1/usage/events/{id}', params: { id } };

const KNOWN = ['handler failed', 'answer lost', 'holder dead', 'overdue', 'expired', 'unusable'] as const;

/** Why it was not settled, or not at a figure of the provider's. */
function Why({ event: { status, reason, estimated, corrects } }: { readonly event: Details }) {
  const { say } = useTexts(texts);
  const known = KNOWN.find((word) => word === reason);
  const told = [
    ...(status === 'sent' || status === 'pending' ? [say('under')] : []),
    ...(status === 'voided' ? [say('voided')] : []),
    ...(reason === null ? [] : [known === undefined ? say('reasonCode', { code: reason }) : say(known)]),
    ...(estimated ? [say('estimated')] : []),
    ...(corrects === null ? [] : [say('corrects')]),
  ];
  if (told.length === 0) return null;
  return (
    <p>
      <b>{say('why')}</b> {told.join(' ')}{' '}
      {corrects !== null && (
        <Link to="/app/ledger" search={{ call: corrects }}>
          {say('corrected')}
        </Link>
      )}
    </p>
  );
}

function Steps({ event: { steps } }: { readonly event: Details }) {
  const { say, format } = useTexts();
  if (steps === null) return null;
  return (
    <>
      <div className="line" aria-hidden>
        {STEPS.map((step) => (
          <i key={step} data-step={step} style={{ flexGrow: steps[step] ?? 0 }} />
        ))}
      </div>
      <Facts
        isList
        of={Object.fromEntries(
          STEPS.map((step) => {
            const took = steps[step];
            return [say(`step.${step}`), took === null ? undefined : format.duration(took)];
          }),
        )}
      />
    </>
  );
}
