import { Badge } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTexts } from '../text/index.ts';
import { type Asked, Table } from './table.tsx';
import { When } from './when.tsx';

export type LedgerEvent = ReplyOf<'GET /v1/usage'>['events'][number];

interface CallTableProps {
  readonly events: readonly LedgerEvent[] | undefined;
  readonly label: string;
  readonly empty: ReactNode;
  readonly asked?: Asked;
  /** The id of the one that is opened. */
  readonly opened?: string | undefined;
  /** False: they are of another account than the ledger's. */
  readonly isLinked?: boolean;
  readonly lines?: number;
}

const COLOURS: Readonly<Record<string, string>> = { voided: 'gray', sent: 'blue' };

/** Rows of the ledger. */
export function CallTable({ events, isLinked = true, ...shown }: CallTableProps) {
  const { say, format } = useTexts();
  return (
    <Table
      {...shown}
      rows={events}
      keyOf={({ id }) => id}
      columns={[
        {
          head: say('calls.when'),
          cell: ({ id, created_at: at }) =>
            isLinked ? (
              <Link to="/app/ledger" search={{ call: id }}>
                <When at={at} isPast />
              </Link>
            ) : (
              <When at={at} isPast />
            ),
        },
        {
          head: say('calls.feature'),
          cell: ({ feature, product }) => (
            <>
              {feature} <span className="dim">{product}</span>
            </>
          ),
        },
        { head: say('calls.model'), isDim: true, cell: ({ model }) => model },
        {
          head: say('calls.status'),
          cell: ({ status }) =>
            status === 'posted' ? (
              <span className="dim">{status}</span>
            ) : (
              <Badge color={COLOURS[status] ?? 'red'}>{status}</Badge>
            ),
        },
        {
          head: say('calls.tokens'),
          isFigure: true,
          cell: ({ prompt_tokens: prompt, completion_tokens: completion }) =>
            prompt + completion === 0 ? '–' : format.count(prompt + completion),
        },
        { head: say('calls.cost'), isFigure: true, cell: ({ cost_micros: cost }) => format.micros(cost) },
        {
          head: say('calls.charge'),
          isFigure: true,
          cell: ({ charged_micros: charge }) => format.micros(charge),
        },
      ]}
    />
  );
}
