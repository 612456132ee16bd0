import { type Asked, Table, useTexts } from '@plinth/console';
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
        { head: say('since'), past: (row) => row.activated_at },
        { head: say('seen'), past: (row) => row.last_seen_at },
      ]}
    />
  );
}
