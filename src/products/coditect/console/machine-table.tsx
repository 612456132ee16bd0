import { type Asked, Table, useTexts, When } from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { texts } from './texts.ts';

interface MachineTableProps {
  readonly machines: ReplyOf<'GET /v1/licenses/{id}/machines'>['data'] | undefined;
  readonly asked: Asked;
}

/** Machines that a licence is activated on. */
export function MachineTable({ machines, asked }: MachineTableProps) {
  const { say } = useTexts(texts);
  return (
    <Table
      label={say('machines')}
      rows={machines}
      asked={asked}
      keyOf={(machine) => machine.id}
      empty={say('noMachines')}
      lines={2}
      columns={[
        {
          head: say('machine'),
          cell: ({ name, hardware_id: hardware }) => (
            <>
              {name} <span className="dim mono">{hardware}</span>
            </>
          ),
        },
        { head: say('platform'), isDim: true, cell: ({ platform }) => platform },
        { head: say('since'), cell: ({ activated_at: at }) => <When at={at} isPast /> },
        { head: say('seen'), cell: ({ last_seen_at: at }) => <When at={at} isPast /> },
      ]}
    />
  );
}
