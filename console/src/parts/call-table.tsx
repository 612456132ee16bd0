import type { ReplyOf } from '@plinth/sdk';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTexts } from '../text/index.ts';
import { State } from './state.tsx';
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
  /** What the address of the ledger says besides the call that is opened. */
  readonly filter?: object;
  readonly lines?: number;
}

/** Rows of the ledger. */
export function CallTable({ events, isLinked = true, filter = {}, ...shown }: CallTableProps) {
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
              <Link to="/app/ledger" search={{ ...filter, call: id }} resetScroll={false}>
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
        { head: say('calls.status'), cell: ({ status }) => <State of={status} /> },
        {
          head: say('calls.tokens'),
          isFigure: true,
          cell: ({ prompt_tokens: prompt, completion_tokens: completion }) =>
            prompt + completion === 0 ? '–' : format.count(prompt + completion),
        },
        { head: say('calls.cost'), micros: (row) => row.cost_micros },
        { head: say('calls.charge'), micros: (row) => row.charged_micros },
      ]}
    />
  );
}
