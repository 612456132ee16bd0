import { Checkbox } from '@mantine/core';
import { Act, Confirm, Download, Section, Table, useApi, useOfAccount, useTexts } from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { type Vault, VaultError } from '@plinth/sdk/vault/index';
import { useState } from 'react';
import { Gate, useExplained } from './gate.tsx';
import { changeVault, isFields, type OpenVault, TABLES } from './open-vault.ts';
import { texts } from './texts.ts';

type Backup = ReplyOf<'GET /v1/backup/history'>[number];

/** Backups of the vault: made and opened in this page. */
export default function Backups() {
  const { say } = useTexts(texts);
  return <Gate title={say('backups')}>{(open) => open !== undefined && <List open={open} />}</Gate>;
}

/** Says that these pages have made a backup: programs put into theirs what they like. */
const FORMAT = 'adiuva records 1';
/** Devices are left out: their sessions do not come back. */
const RESTORED: readonly string[] = [...TABLES, 'playbooks'];

const makeBackup = (open: OpenVault) => {
  const records = open.records
    .filter(({ table }) => RESTORED.includes(table))
    .map(({ table, id, value }) => ({ table, id, value }));
  const content = new Blob([JSON.stringify({ format: FORMAT, records })]).stream();
  return changeVault(open, (vault) => vault.backup(content));
};

/** Records of a backup, once all of it has proven to be of this vault; undefined: another program has made it. */
function recordsIn(text: string) {
  const content: unknown = JSON.parse(text);
  if (!isFields(content) || content['format'] !== FORMAT || !Array.isArray(content['records']))
    return undefined;
  return content['records'].flatMap((one: unknown) => {
    const { table, id, value } = isFields(one) ? one : {};
    const isKnown = typeof table === 'string' && RESTORED.includes(table);
    return isKnown && typeof id === 'string' && isFields(value) ? [{ table, id, value }] : [];
  });
}

/** Brings back records as they were, those that were deleted too; what was written since under other ids stays. Answers how many. */
async function restoreInto(vault: Vault, text: string): Promise<number | undefined> {
  let count = 0;
  const records = recordsIn(text);
  for (const { table, id, value } of records ?? []) {
    const present = await vault.get(table, id);
    if (JSON.stringify(present?.value) === JSON.stringify(value)) continue;
    await vault.put(table, value, id);
    count += 1;
  }
  return records && count;
}

function List({ open }: { readonly open: OpenVault }) {
  const { say } = useTexts(texts);
  const explain = useExplained();
  const [restored, setRestored] = useState<number>();
  const [acceptEnded, setAcceptEnded] = useState(false);
  /** A server that shows another backup in its place is noticed: its time is sealed with it. */
  const read = async ({ id, timestamp }: Backup) => {
    const { createdAt, content } = await open.vault.restore({ id, acceptEnded });
    if (createdAt.getTime() !== timestamp) throw new VaultError('tampered');
    return new Response(content);
  };
  const restore = async (backup: Backup) => {
    setRestored(undefined);
    const text = await explain(async () => (await read(backup)).text());
    const count = await explain(() => changeVault(open, (vault) => restoreInto(vault, text)));
    if (count === undefined) throw new Error(say('otherBackup'));
    setRestored(count);
  };
  return (
    <>
      <p>{say('aboutBackups')}</p>
      <div className="filters plan-acts">
        <Act text={say('makeBackup')} act={() => explain(() => makeBackup(open))} />
        <Checkbox
          label={say('acceptEnded')}
          checked={acceptEnded}
          onChange={({ currentTarget }) => setAcceptEnded(currentTarget.checked)}
        />
      </div>
      {restored !== undefined && <p role="status">{say('restored', { count: String(restored) })}</p>}
      <Section title={say('backups')}>
        <History read={(one) => explain(() => read(one))} restore={restore} />
      </Section>
    </>
  );
}

interface HistoryProps {
  readonly read: (backup: Backup) => Promise<Response>;
  readonly restore: (backup: Backup) => Promise<unknown>;
}

function History({ read, restore }: HistoryProps) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const { data, ...asked } = useOfAccount(['backups'], (api) => api.call('GET /v1/backup/history', {}));
  return (
    <Table
      label={say('backups')}
      rows={data}
      asked={asked}
      keyOf={({ id }) => id}
      empty={say('noBackups')}
      lines={4}
      columns={[
        { head: say('made'), past: ({ timestamp }) => new Date(timestamp).toISOString() },
        { head: say('size'), bytes: ({ size_bytes: size }) => size },
        {
          head: '',
          isFigure: true,
          cell: (one) => (
            <span className="acts">
              <Confirm text={say('restore')} isQuiet act={() => restore(one)} />
              <Confirm
                text={say('remove')}
                isQuiet
                isDangerous
                act={() => call('DELETE /v1/backup/{id}', { params: { id: one.id } })}
              />
              <Download
                text={say('download')}
                name={`adiuva-${new Date(one.timestamp).toISOString().slice(0, 10)}.json`}
                read={() => read(one)}
              />
            </span>
          ),
        },
      ]}
    />
  );
}
