import { Button, PasswordInput, TextInput } from '@mantine/core';
import {
  Copy,
  Empty,
  Head,
  Refusal,
  Trouble,
  type Typed,
  typedIn,
  useAct,
  useGrant,
  useIsAtLeast,
  useOfAccount,
  useTexts,
} from '@plinth/console';
import { VaultError } from '@plinth/sdk/vault/index';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import { changeVault, lockVault, type OpenVault, showRecoveryKey, useVault } from './open-vault.ts';
import { texts } from './texts.ts';

/** Milliseconds after which other devices' changes are asked for again. */
const AGAIN = 30_000;
const LEAST_LETTERS = 12;

interface GateProps {
  readonly title: string;
  /** Whether the page is of use without a vault too, where the plan has none. */
  readonly isOptional?: boolean;
  readonly children: (open: OpenVault | undefined) => ReactNode;
}

/** A page of the vault: locked, it asks for the passphrase, and shows nothing else. */
export function Gate({ title, isOptional = false, children }: GateProps) {
  const { say } = useTexts(texts);
  const { open } = useVault();
  useKeptInStep(open);
  return (
    <>
      <Head title={title}>
        {open !== undefined && (
          <span className="right">
            <Button variant="default" onClick={lockVault}>
              {say('lock')}
            </Button>
          </span>
        )}
      </Head>
      {open === undefined ? (
        <Locked isOptional={isOptional}>{children}</Locked>
      ) : (
        <>
          <RecoveryKey open={open} />
          {children(open)}
        </>
      )}
    </>
  );
}

/** Takes what other devices wrote, when the page is shown and every half minute. Without a server it tries again. */
function useKeptInStep(open: OpenVault | undefined): void {
  const vault = open?.vault;
  useEffect(() => {
    if (open === undefined) return;
    const step = () => void changeVault(open, async () => undefined).catch(() => undefined);
    step();
    const timer = setInterval(step, AGAIN);
    return () => clearInterval(timer);
    // One timer for each vault, whichever records it has.
  }, [vault]);
}

function Locked({ isOptional, children }: Required<Omit<GateProps, 'title'>>) {
  const { say } = useTexts(texts);
  const mayWrite = useIsAtLeast('member');
  const storage = useGrant('adiuva', 'storage');
  const {
    data: isThere,
    error,
    refetch,
  } = useOfAccount(['vault is there'], async ({ call }) => {
    const query = { table: '_keys', limit: 1 };
    return (await call('GET /v1/storage/records', { query })).length > 0;
  });
  if (error !== null) return <Trouble error={error} retry={() => void refetch()} />;
  if (isThere === undefined || storage === undefined) return null;
  if (isThere) return <Unlock />;
  if (!mayWrite) return <Empty>{say('viewer')}</Empty>;
  if (storage !== 0) return <Make />;
  const way = (
    <Link className="link" to="/app/plan">
      {say('plans')}
    </Link>
  );
  return (
    <>
      <Empty way={way}>{say(isOptional ? 'withoutVault' : 'noStorage')}</Empty>
      {isOptional && children(undefined)}
    </>
  );
}

/** The first use: a passphrase, twice. */
function Make() {
  const { say } = useTexts(texts);
  const { unlock } = useVault();
  return (
    <section className="stack narrow">
      <p>{say('aboutVault')}</p>
      <NewPassphrase button={say('make')} act={(passphrase) => unlock({ by: 'new', passphrase })} />
    </section>
  );
}

function Unlock() {
  const { say } = useTexts(texts);
  const { unlock } = useVault();
  const [isLost, setLost] = useState(false);
  const other = (
    <button type="button" className="quiet" onClick={() => setLost(!isLost)}>
      {say(isLost ? 'byPassphrase' : 'byRecovery')}
    </button>
  );
  if (isLost)
    return (
      <section className="stack narrow">
        <p>{say('aboutRecovery')}</p>
        <NewPassphrase
          button={say('unlock')}
          act={(passphrase, { recoveryKey = '' }) => unlock({ by: 'recovery', recoveryKey, passphrase })}
        >
          <TextInput name="recoveryKey" label={say('recoveryKey')} required autoComplete="off" />
        </NewPassphrase>
        {other}
      </section>
    );
  return (
    <section className="stack narrow">
      <p>{say('aboutLocked')}</p>
      <SecretForm
        button={say('unlock')}
        act={({ passphrase = '' }) => unlock({ by: 'passphrase', passphrase })}
      >
        <PasswordInput
          name="passphrase"
          label={say('passphrase')}
          required
          autoFocus
          autoComplete="current-password"
        />
      </SecretForm>
      {other}
    </section>
  );
}

interface NewPassphraseProps {
  readonly button: string;
  readonly act: (passphrase: string, typed: Readonly<Record<string, string>>) => Promise<unknown>;
  readonly children?: ReactNode;
}

/** A passphrase that is typed twice: nothing else tells that it was mistyped, and nothing brings it back. */
export function NewPassphrase({ button, act, children }: NewPassphraseProps) {
  const { say } = useTexts(texts);
  const shown = { required: true, minLength: LEAST_LETTERS, autoComplete: 'new-password' };
  return (
    <SecretForm
      button={button}
      act={async ({ passphrase = '', again, ...typed }) => {
        if (passphrase !== again) throw new Error(say('notTheSame'));
        await act(passphrase, typed);
      }}
    >
      {children}
      <PasswordInput
        {...shown}
        name="passphrase"
        label={say('newPassphrase')}
        description={say('choose', { count: String(LEAST_LETTERS) })}
      />
      <PasswordInput {...shown} name="again" label={say('again')} />
    </SecretForm>
  );
}

interface SecretFormProps {
  readonly button: string;
  readonly act: (typed: Readonly<Record<string, string>>) => Promise<unknown>;
  readonly children: ReactNode;
}

/** A form whose fields are emptied as soon as they are sent, so that what is typed meanwhile stays. */
function SecretForm({ button, act, children }: SecretFormProps) {
  const explain = useExplained();
  const { mutate, isPending, error } = useAct((typed: Typed) => explain(() => act(typed)));
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        mutate(typedIn(event.currentTarget));
        event.currentTarget.reset();
      }}
    >
      {children}
      <span>
        <Button type="submit" loading={isPending}>
          {button}
        </Button>
      </span>
      <Refusal error={error} />
    </form>
  );
}

/** Runs something, and says why the vault refused it in the language of the page. */
export function useExplained() {
  const { say } = useTexts(texts);
  return async <T,>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof VaultError) || !(error.code in texts)) throw error;
      throw new Error(say(error.code as keyof typeof texts), { cause: error });
    }
  };
}

/** A new recovery key, shown once. */
function RecoveryKey({ open }: { readonly open: OpenVault }) {
  const { say } = useTexts(texts);
  const { recoveryKey } = open;
  if (recoveryKey === undefined) return null;
  return (
    <section className="preview" role="status" aria-label={say('recoveryKey')}>
      <p>{say('writeDown')}</p>
      <p>
        <code>{recoveryKey}</code>
      </p>
      <div className="filters">
        <Copy value={recoveryKey} text={say('copy')} />
        <Button variant="default" onClick={() => showRecoveryKey(open, undefined)}>
          {say('written')}
        </Button>
      </div>
    </section>
  );
}
