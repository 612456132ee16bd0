import { Badge } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { Link } from '@tanstack/react-router';
import { useTexts } from '../text/index.ts';
import { Scroll } from './scroll.tsx';
import { When } from './when.tsx';

export type LedgerEvent = ReplyOf<'GET /v1/usage'>['events'][number];

interface CallTableProps {
  readonly events: readonly LedgerEvent[];
  readonly label: string;
  /** The id of the one that is opened. */
  readonly opened?: string | undefined;
  /** False: they are of another account than the ledger's. */
  readonly isLinked?: boolean;
}

/** Rows of the ledger. */
export function CallTable({ events, label, opened, isLinked = true }: CallTableProps) {
  return (
    <Scroll label={label}>
      <table>
        <CallHead />
        <tbody>
          {events.map((event) => (
            <CallRow key={event.id} event={event} isOpen={event.id === opened} isLinked={isLinked} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function CallHead() {
  const { say } = useTexts();
  return (
    <thead>
      <tr>
        <th>{say('calls.when')}</th>
        <th>{say('calls.feature')}</th>
        <th>{say('calls.model')}</th>
        <th>{say('calls.status')}</th>
        <th className="num">{say('calls.tokens')}</th>
        <th className="num">{say('calls.cost')}</th>
        <th className="num">{say('calls.charge')}</th>
      </tr>
    </thead>
  );
}

const COLOURS: Readonly<Record<string, string>> = { voided: 'gray', sent: 'blue' };

function CallRow({
  event,
  isOpen,
  isLinked,
}: {
  readonly event: LedgerEvent;
  readonly isOpen: boolean;
  readonly isLinked: boolean;
}) {
  const { format } = useTexts();
  const { id, feature, product, model, status, prompt_tokens: prompt, completion_tokens: completion } = event;
  const tokens = (prompt ?? 0) + (completion ?? 0);
  return (
    <tr data-open={isOpen}>
      <td>
        {isLinked ? (
          <Link to="/app/ledger" search={{ call: id }}>
            <When at={event.created_at} isPast />
          </Link>
        ) : (
          <When at={event.created_at} isPast />
        )}
      </td>
      <td>
        {feature} <span className="dim">{product}</span>
      </td>
      <td className="dim">{model}</td>
      <td>
        {status === 'posted' ? (
          <span className="dim">{status}</span>
        ) : (
          <Badge size="sm" radius="sm" tt="none" fw={400} variant="light" color={COLOURS[status] ?? 'red'}>
            {status}
          </Badge>
        )}
      </td>
      <td className="num">{tokens === 0 ? '–' : format.count(tokens)}</td>
      <td className="num">{event.cost_micros === null ? '–' : format.micros(event.cost_micros)}</td>
      <td className="num">{event.charged_micros === null ? '–' : format.micros(event.charged_micros)}</td>
    </tr>
  );
}
