import { Alert, Anchor, Button, Skeleton } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Confirm } from '../../parts/confirm.tsx';
import { Copy } from '../../parts/copy.tsx';
import { Section } from '../../parts/section.tsx';
import { Trouble } from '../../parts/trouble.tsx';
import { When } from '../../parts/when.tsx';
import { useAct } from '../../parts/of-account.ts';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { makePasskey } from '../sign-in/passkey.ts';
import { FieldForm, Reason } from './field-form.tsx';
import { Setting } from './setting.tsx';
import { texts } from './texts.ts';

type Enrolment = ReplyOf<'POST /v1/auth/mfa/totp'>;
type Passkey = ReplyOf<'GET /v1/auth/mfa'>['passkeys'][number];
type Codes = readonly string[] | null;

/** What a sign-in asks for besides the password. */
export function Factors() {
  const { say } = useTexts(texts);
  const { data, error, refetch } = useQuery({
    queryKey: ['mfa'],
    queryFn: () => apiFor(undefined).call('GET /v1/auth/mfa', {}),
  });
  const [codes, setCodes] = useState<Codes>(null);
  const [isAdding, setAdding] = useState(false);
  return (
    <Section title={say('factors')}>
      {error !== null && data === undefined && <Trouble error={error} retry={() => void refetch()} />}
      {error === null && data === undefined && <Skeleton h={132} />}
      {codes !== null && <RecoveryCodes codes={codes} done={() => setCodes(null)} />}
      {data?.enabled === false && <p className="dim">{say('factors.none')}</p>}
      {data !== undefined && (
        <ul className="settings">
          <AuthenticatorApp isOn={data.totp} show={setCodes} />
          {data.passkeys.map((passkey) => (
            <PasskeyLine key={passkey.id} passkey={passkey} />
          ))}
          <Setting
            name={say('passkey.another')}
            value={say('passkey.about')}
            acts={
              <Button variant="default" aria-expanded={isAdding} onClick={() => setAdding(!isAdding)}>
                {say('passkey.add')}
              </Button>
            }
          >
            {isAdding && (
              <FieldForm
                fields={[{ name: 'name', label: say('passkey.name'), autoComplete: 'off' }]}
                submit={say('passkey.make')}
                act={async ({ name }) => {
                  const api = apiFor(undefined);
                  const credential = await makePasskey(
                    await api.call('POST /v1/auth/mfa/passkeys/options', {}),
                  );
                  const added = await api.call('POST /v1/auth/mfa/passkeys', { body: { name, credential } });
                  setCodes(added.recovery_codes);
                  setAdding(false);
                }}
              />
            )}
          </Setting>
          {data.enabled && (
            <Setting
              name={say('codes')}
              value={say('codes.left', { count: String(data.recovery_codes_left) })}
              acts={
                <Confirm
                  text={say('codes.renew')}
                  act={async () => {
                    const made = await apiFor(undefined).call('POST /v1/auth/mfa/recovery-codes', {});
                    setCodes(made.recovery_codes);
                  }}
                />
              }
            />
          )}
        </ul>
      )}
    </Section>
  );
}

interface AuthenticatorAppProps {
  readonly isOn: boolean;
  readonly show: (codes: Codes) => void;
}

function AuthenticatorApp({ isOn, show }: AuthenticatorAppProps) {
  const { say } = useTexts(texts);
  const api = apiFor(undefined);
  const [enrolment, setEnrolment] = useState<Enrolment>();
  const begin = useAct(async () => setEnrolment(await api.call('POST /v1/auth/mfa/totp', {})));
  return (
    <Setting
      name={say('totp')}
      value={say(isOn ? 'totp.on' : 'totp.off')}
      acts={
        <>
          <Button variant="default" loading={begin.isPending} onClick={() => begin.mutate()}>
            {say(isOn ? 'totp.replace' : 'totp.begin')}
          </Button>
          {isOn && (
            <Confirm
              text={say('totp.remove')}
              act={() => api.call('DELETE /v1/auth/mfa/totp', {})}
              isDangerous
            />
          )}
        </>
      }
    >
      <Reason error={begin.error} />
      {enrolment !== undefined && (
        <div className="stack narrow">
          <p>{say('totp.how')}</p>
          <p className="mono">{enrolment.secret.replaceAll(/(.{4})/g, '$1 ').trim()}</p>
          <p className="row">
            <Copy value={enrolment.secret} text={say('totp.copy')} />
            <Anchor href={enrolment.otpauth_uri}>{say('totp.open')}</Anchor>
          </p>
          <FieldForm
            fields={[{ name: 'code', label: say('totp.code'), autoComplete: 'one-time-code' }]}
            submit={say('totp.confirm')}
            act={async ({ code }) => {
              const body = { code: code.replaceAll(/\s/g, '') };
              const confirmed = await api.call('POST /v1/auth/mfa/totp/confirm', { body });
              show(confirmed.recovery_codes);
              setEnrolment(undefined);
            }}
          />
        </div>
      )}
    </Setting>
  );
}

function PasskeyLine({
  passkey: { id, name, created_at: made, last_used_at: used },
}: {
  readonly passkey: Passkey;
}) {
  const { say } = useTexts(texts);
  const [isNaming, setNaming] = useState(false);
  return (
    <Setting
      name={name}
      value={
        <>
          {say('passkey.made')} <When at={made} isPast /> ·{' '}
          {used === null ? say('passkey.unused') : say('passkey.used')}{' '}
          {used !== null && <When at={used} isPast />}
        </>
      }
      acts={
        <>
          <Button
            variant="default"
            aria-expanded={isNaming}
            aria-label={say('passkey.renameIt', { name })}
            onClick={() => setNaming(!isNaming)}
          >
            {say('passkey.rename')}
          </Button>
          <Confirm
            text={say('passkey.remove')}
            isDangerous
            act={() => apiFor(undefined).call('DELETE /v1/auth/mfa/passkeys/{id}', { params: { id } })}
          />
        </>
      }
    >
      {isNaming && (
        <FieldForm
          fields={[{ name: 'name', label: say('passkey.name'), autoComplete: 'off', value: name }]}
          submit={say('passkey.rename')}
          act={async (body) => {
            await apiFor(undefined).call('PATCH /v1/auth/mfa/passkeys/{id}', { params: { id }, body });
            setNaming(false);
          }}
        />
      )}
    </Setting>
  );
}

/** They are stored nowhere in clear, and never shown again. */
function RecoveryCodes({ codes, done }: { readonly codes: readonly string[]; readonly done: () => void }) {
  const { say } = useTexts(texts);
  return (
    <Alert role="status" title={say('codes.once')}>
      <ul className="codes mono">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <p className="row">
        <Copy value={codes.join('\n')} text={say('codes.copy')} />
        <button type="button" className="quiet" onClick={done}>
          {say('codes.kept')}
        </button>
      </p>
    </Alert>
  );
}
