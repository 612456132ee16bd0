import { Button } from '@mantine/core';
import { Act, Confirm, Section, Table, Tabs, useProductSearch, useTexts } from '@plinth/console';
import { Gate, useExplained } from './gate.tsx';
import {
  changeVault,
  type OpenRecord,
  type OpenVault,
  recordsOf,
  type Table as Kind,
  TABLES,
  titleOf,
} from './open-vault.ts';
import { RecordForm } from './record-form.tsx';
import { texts } from './texts.ts';

/** Records of the vault, opened in this page. */
export default function Vault() {
  const { say } = useTexts(texts);
  return <Gate title={say('vault')}>{(open) => open !== undefined && <Records open={open} />}</Gate>;
}

const NEW = 'new';

function Records({ open }: { readonly open: OpenVault }) {
  const { say } = useTexts(texts);
  const { search, change } = useProductSearch();
  const table = TABLES.find((one) => one === search['table']) ?? TABLES[0];
  const records = recordsOf(open, table);
  const { record: id } = search;
  const record = records.find((one) => one.id === id);
  const close = () => change({ record: undefined });
  return (
    <>
      <Tabs
        views={TABLES.map((one) => [one, say(one)])}
        view={table}
        choose={(one: Kind) => change({ table: one, record: undefined })}
      />
      <Problems open={open} />
      {id === undefined && (
        <div className="filters">
          <Button variant="default" onClick={() => change({ record: NEW })}>
            {say('write')}
          </Button>
        </div>
      )}
      {(id === NEW || record !== undefined) && (
        <RecordForm key={id} open={open} table={table} record={record} close={close} />
      )}
      <Section title={say(table)}>
        <List open={open} records={records} table={table} />
      </Section>
    </>
  );
}

interface ListProps {
  readonly open: OpenVault;
  readonly records: readonly OpenRecord[];
  readonly table: Kind;
}

function List({ open, records, table }: ListProps) {
  const { say, format } = useTexts(texts);
  const { search, change } = useProductSearch();
  const explain = useExplained();
  return (
    <Table
      label={say(table)}
      rows={records.toSorted((a, b) => titleOf(a.value).localeCompare(titleOf(b.value)))}
      keyOf={({ id }) => id}
      opened={search['record']}
      empty={say('noRecords')}
      columns={[
        {
          head: say('record'),
          cell: ({ value }) => titleOf(value),
          act: ({ id }) => change({ record: id }),
        },
        {
          head: say('about'),
          isDim: true,
          cell: ({ value, copyOf, isPending }) =>
            [
              aboutOf(value['status'], say),
              dayOf(value['due_date'] ?? value['date'], format.day),
              copyOf === undefined ? '' : say('isCopy'),
              isPending ? say('pending') : '',
            ]
              .filter((one) => one !== '')
              .join(' · '),
        },
        {
          head: '',
          isFigure: true,
          cell: ({ id }) => (
            <Confirm
              text={say('remove')}
              isQuiet
              isDangerous
              act={() => explain(() => changeVault(open, (vault) => vault.delete(table, id)))}
            />
          ),
        },
      ]}
    />
  );
}

type Say = ReturnType<typeof useTexts<keyof typeof texts>>['say'];

const aboutOf = (status: unknown, say: Say): string =>
  typeof status === 'string' && status in texts ? say(status as keyof typeof texts) : '';

const dayOf = (at: unknown, write: (instant: string) => string): string =>
  typeof at === 'number' ? write(new Date(at).toISOString()) : '';

/** Records that are not in step, and what their owner can decide. */
function Problems({ open }: { readonly open: OpenVault }) {
  const { say } = useTexts(texts);
  const explain = useExplained();
  return open.problems.map(({ table, id, problem }) => (
    <div key={id} className="notice" data-bad role="alert">
      <p className="grow">
        {say('problem', { table, what: problem in texts ? say(problem as keyof typeof texts) : problem })}
      </p>
      <Act
        text={say('keepMine')}
        act={() => explain(() => changeVault(open, (vault) => vault.keepMine(table, id)))}
      />
      <Act
        text={say('keepTheirs')}
        act={() => explain(() => changeVault(open, (vault) => vault.keepTheirs(table, id)))}
      />
    </div>
  ));
}
