import {
  Confirm,
  LineForm,
  Section,
  Table,
  apiFor,
  usePages,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { Link } from '@tanstack/react-router';
import { Gate, NewPassphrase, useExplained } from './gate.tsx';
import { changeVault, type OpenVault, recordsOf, showRecoveryKey } from './open-vault.ts';
import { texts } from './texts.ts';

/** Devices that have opened the vault, by their sessions. */
export default function Devices() {
  const { say } = useTexts(texts);
  return (
    <Gate title={say('devices')}>
      {(open) =>
        open !== undefined && (
          <>
            <List open={open} />
            <Keys open={open} />
          </>
        )
      }
    </Gate>
  );
}

/** A session, a name that is sealed in the vault, or both: a device that has signed out has left its name. */
interface Device {
  readonly id: string;
  readonly name: string;
  readonly isHere: boolean;
  readonly isSignedIn: boolean;
  readonly openedAt: string | null;
  readonly usedAt: string | null;
}

function useDevices(open: OpenVault) {
  const asked = usePages({
    key: ['sessions of the vault', open.owner],
    read: (query) => apiFor(undefined).call('GET /v1/auth/sessions', { query }),
  });
  const noted = new Map(recordsOf(open, 'devices').map(({ id, value }) => [id, value]));
  const signedIn = asked.rows?.map(({ id, name, current, last_used_at: used }): Device => {
    const device = { id, isHere: current, isSignedIn: true, usedAt: used };
    return { ...device, ...ofNote(noted.get(id), name) };
  });
  const isWhole = asked.hasNextPage !== true;
  const left = [...noted]
    .filter(([id]) => isWhole && asked.rows?.every((one) => one.id !== id) === true)
    .map(([id, note]): Device => {
      const device = { id, isHere: false, isSignedIn: false, usedAt: null };
      return { ...device, ...ofNote(note, id) };
    });
  return { asked, devices: signedIn && [...signedIn, ...left] };
}

function ofNote(note: Readonly<Record<string, unknown>> | undefined, otherwise: string) {
  const { name, opened_at: at } = note ?? {};
  return {
    name: typeof name === 'string' && name !== '' ? name : otherwise,
    openedAt: typeof at === 'number' ? new Date(at).toISOString() : null,
  };
}

function List({ open }: { readonly open: OpenVault }) {
  const { say } = useTexts(texts);
  const { search, change } = useProductSearch();
  const explain = useExplained();
  const { asked, devices } = useDevices(open);
  const chosen = devices?.find(({ id }) => id === search['device']);
  const rename = async ({ id }: Device, name: string) => {
    const note = recordsOf(open, 'devices').find((one) => one.id === id)?.value;
    await explain(() => changeVault(open, (vault) => vault.put('devices', { ...note, name }, id)));
    change({ device: undefined });
  };
  return (
    <Section title={say('devices')}>
      {chosen !== undefined && (
        <LineForm
          key={chosen.id}
          label={say('nameOfDevice')}
          value={chosen.name}
          button={say('rename')}
          act={(name) => rename(chosen, name)}
        />
      )}
      <Table
        label={say('devices')}
        asked={{ ...asked, rows: devices }}
        keyOf={({ id }) => id}
        opened={search['device']}
        empty={say('devices')}
        lines={4}
        columns={[
          { head: say('device'), cell: (one) => <Name of={one} /> },
          { head: say('vaultOpened'), isDim: true, past: (row) => row.openedAt },
          { head: say('lastUsed'), isDim: true, past: (row) => row.usedAt },
          { head: '', isFigure: true, cell: (one) => <Acts open={open} device={one} /> },
        ]}
      />
      <p className="dim">
        {say('aboutDevices')}{' '}
        <Link className="link" to="/app/keys">
          {say('toKeys')}
        </Link>
      </p>
    </Section>
  );
}

function Name({ of: { name, isHere, isSignedIn } }: { readonly of: Device }) {
  const { say } = useTexts(texts);
  return (
    <>
      {name} <span className="dim">{isHere ? say('thisOne') : isSignedIn ? '' : say('signedOut')}</span>
    </>
  );
}

interface ActsProps {
  readonly open: OpenVault;
  readonly device: Device;
}

function Acts({ open, device: { id, isHere, isSignedIn } }: ActsProps) {
  const { say } = useTexts(texts);
  const { change } = useProductSearch();
  const explain = useExplained();
  /** Ends its session first: a name that stays behind opens nothing. */
  const revoke = async () => {
    if (isSignedIn) await apiFor(undefined).call('DELETE /v1/auth/sessions/{id}', { params: { id } });
    await explain(() => changeVault(open, (vault) => vault.delete('devices', id)));
  };
  return (
    <span className="acts">
      <button type="button" className="quiet" onClick={() => change({ device: id })}>
        {say('rename')}
      </button>
      {!isHere && <Confirm text={say(isSignedIn ? 'revoke' : 'forget')} isQuiet isDangerous act={revoke} />}
    </span>
  );
}

/** New keys for all: devices that had the old ones open nothing that is written from then on. */
function Keys({ open }: { readonly open: OpenVault }) {
  const { say } = useTexts(texts);
  const replace = async (passphrase: string) =>
    showRecoveryKey(open, await changeVault(open, (vault) => vault.replaceKeys({ passphrase })));
  return (
    <Section title={say('newKeys')}>
      <div className="stack narrow">
        <p>{say('aboutKeys')}</p>
        <NewPassphrase button={say('replaceKeys')} act={replace} />
      </div>
    </Section>
  );
}
