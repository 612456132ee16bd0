import { Alert, Button, PasswordInput, TextInput } from '@mantine/core';
import { PlinthError } from '@plinth/sdk/errors';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useIsSignedIn } from '../../account.ts';
import { takeArrival } from '../../arrival.ts';
import { typedIn } from '../../parts/typed.ts';
import { session } from '../../session.ts';
import { brandName, useTexts } from '../../text/index.ts';
import { askPasskey } from './passkey.ts';
import { ProofForm } from './proof.tsx';
import { keptTrip, setOut, takeTrip } from './provider.ts';
import { anyone, type Challenge, signIn } from './sign-in-calls.ts';
import { hasWords, useRefusal } from './refusal.ts';
import { texts } from './texts.ts';

const MODES = ['signIn', 'register', 'forgot', 'mail', 'sso'] as const;
type Mode = (typeof MODES)[number];

interface Typed {
  readonly email: string;
  readonly password: string;
}

/** What a way in came to: a session where nothing is said, a second factor that is asked for, or a mail that was sent. */
type Outcome = Challenge | MailAsked | keyof typeof texts | undefined;

/** A mail whose code can be typed; its link opens this page in another tab. */
interface MailAsked {
  readonly mail: string;
}

/** What each form does. */
const ACTS: Readonly<Record<Mode, (typed: Typed) => Promise<Outcome>>> = {
  signIn: (body) => signIn('POST /v1/auth/login', { body }),
  async register(body) {
    await anyone.call('POST /v1/auth/register', { body });
    // Where an address need not be verified, one is let in at once; else, and where it has a user already, the mail says how to go on.
    return signIn('POST /v1/auth/login', { body }).catch(() => 'sent.register');
  },
  async forgot({ email }) {
    await anyone.call('POST /v1/auth/forgot-password', { body: { email } });
    return 'sent.forgot';
  },
  async mail({ email }) {
    const body = { email, ...(await setOut(localStorage)) };
    return { mail: (await anyone.call('POST /v1/auth/mail', { body })).mail_id };
  },
  async sso({ email }) {
    const { url } = await anyone.call('POST /v1/auth/sso/start', { body: { email, ...(await setOut()) } });
    return leaveFor(url);
  },
};

/** What some refusals can be mended by: another mail. */
const MAILS: Readonly<Record<string, (email: string) => Promise<unknown>>> = {
  email_not_verified: (email) => anyone.call('POST /v1/auth/resend-verification', { body: { email } }),
  user_closed: (email) => anyone.call('POST /v1/auth/resend-restore', { body: { email } }),
};

/** Never answers: the page is another one then. */
function leaveFor(url: string): Promise<never> {
  location.assign(url);
  return new Promise(() => undefined);
}

/** Providers that a browser can be sent to, as people know them. */
const PROVIDERS = [
  ['google', 'Google'],
  ['apple', 'Apple'],
  ['microsoft', 'Microsoft'],
  ['github', 'GitHub'],
] as const;

const leaveForProvider = async (provider: (typeof PROVIDERS)[number][0]) =>
  leaveFor(`/v1/auth/${provider}?${new URLSearchParams({ ...(await setOut()) }).toString()}`);

const signInByPasskey = async () =>
  signIn('POST /v1/auth/passkey', {
    body: { credential: await askPasskey(await anyone.call('POST /v1/auth/passkey/options', {})) },
  });

/** The page that was wanted before the browser left for a provider. */
let wanted = '/';

/** Where it can't be asked for, the way in is shown. */
const resume = () =>
  session.resume().then(
    () => undefined,
    () => undefined,
  );

/** What the page was opened with is used, else the session that this browser has. */
async function begin(): Promise<Outcome> {
  const { link, code, error } = takeArrival();
  if (link !== null) return signIn('POST /v1/auth/sign-in-link', { body: { code: link } });
  const trip = takeTrip(code?.startsWith('ple_') === true ? localStorage : sessionStorage);
  // No address says it: it is what this tab has shown before.
  if (trip !== undefined && !trip.wanted.startsWith('/app/sign-in')) ({ wanted } = trip);
  // From a provider that may add members, it is the plan that has no room.
  if (error !== null) throw refused(error === 'limit_exceeded' ? 'no_room' : error);
  if (code === null) return session.isSignedIn() === undefined ? resume() : undefined;
  if (trip === undefined) throw refused('sign_in_failed');
  return signIn('POST /v1/auth/exchange', { body: { code, code_verifier: trip.verifier } });
}

/** What an address says of a failure is a code that has words here, or none of ours. */
const refused = (code: string) =>
  new PlinthError({ code: hasWords(code) ? code : 'sign_in_failed', message: '', status: 0 });

/** All ways in that the server offers, and what has to be done where one of them fails. */
export function SignIn() {
  const { say } = useTexts(texts);
  const router = useRouter();
  const isSignedIn = useIsSignedIn();
  const [mode, setMode] = useState<Mode>('signIn');
  const [email, setEmail] = useState('');
  const [outcome, setOutcome] = useState<Outcome>();
  const { mutate, reset, isPending, error } = useMutation({
    mutationFn: (act: () => Promise<Outcome>) => act(),
    onSuccess: setOutcome,
  });
  const go = (next: Mode) => {
    reset();
    setOutcome(undefined);
    setMode(next);
  };

  useEffect(() => {
    if (isSignedIn === true) router.history.replace(wanted);
  }, [isSignedIn, router]);
  useEffect(() => mutate(begin), [mutate]);
  const asked = typeof outcome === 'object' ? outcome : undefined;
  const challenge = asked !== undefined && 'mfa_token' in asked ? asked : undefined;
  const isBusy = isPending || isSignedIn === true;

  return (
    <main className="sign-in stack">
      <h1>{say(mode, { name: brandName })}</h1>
      {error !== null && <Failure error={error} email={email} mutate={mutate} />}
      {typeof outcome === 'string' && <Alert role="status">{say(outcome, { email })}</Alert>}
      {challenge !== undefined ? (
        <SecondFactor challenge={challenge} />
      ) : asked !== undefined && 'mail' in asked ? (
        <MailCode id={asked.mail} email={email} mutate={mutate} isBusy={isBusy} />
      ) : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            const { password = '' } = typedIn(event.currentTarget);
            mutate(() => ACTS[mode]({ email: email.trim(), password }));
          }}
        >
          <TextInput
            type="email"
            autoComplete="username"
            required
            label={say('email')}
            value={email}
            onChange={({ currentTarget }) => setEmail(currentTarget.value)}
          />
          {(mode === 'signIn' || mode === 'register') && (
            <PasswordInput
              name="password"
              autoComplete={mode === 'signIn' ? 'current-password' : 'new-password'}
              required
              label={say('password')}
              {...(mode === 'register' ? { description: say('password.rule') } : {})}
            />
          )}
          <Button type="submit" loading={isBusy} fullWidth>
            {say(`submit.${mode}`)}
          </Button>
        </form>
      )}
      {mode === 'signIn' && challenge === undefined ? (
        <OtherWays go={go} mutate={mutate} />
      ) : (
        <button type="button" className="quiet dim" onClick={() => go('signIn')}>
          {say('back')}
        </button>
      )}
    </main>
  );
}

interface Acting {
  readonly mutate: (act: () => Promise<Outcome>) => void;
}

/** Why it failed and what to do; a button where another mail helps. */
function Failure({ error, email, mutate }: Acting & { readonly error: Error; readonly email: string }) {
  const { say } = useTexts(texts);
  const refusal = useRefusal();
  const send = error instanceof PlinthError ? MAILS[error.code] : undefined;
  return (
    <Alert color="red" role="alert">
      {refusal(error)}
      {send !== undefined && email !== '' && (
        <Button
          mt="sm"
          variant="default"
          onClick={() =>
            mutate(async () => {
              await send(email);
              return 'sent.again';
            })
          }
        >
          {say('sendMail')}
        </Button>
      )}
    </Alert>
  );
}

/** The code of a mail that was asked for. */
function MailCode({
  id,
  email,
  mutate,
  isBusy,
}: Acting & Readonly<Record<'id' | 'email', string>> & { readonly isBusy: boolean }) {
  const { say } = useTexts(texts);
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        const { code = '' } = typedIn(event.currentTarget);
        const body = { mail_id: id, code, code_verifier: keptTrip(localStorage)?.verifier ?? '' };
        mutate(() => signIn('POST /v1/auth/mail/verify', { body }));
      }}
    >
      <Alert role="status">{say('sent.mail', { email })}</Alert>
      <TextInput name="code" autoComplete="one-time-code" required autoFocus label={say('mailCode')} />
      <Button type="submit" loading={isBusy} fullWidth>
        {say('submit.signIn')}
      </Button>
    </form>
  );
}

function SecondFactor({ challenge: { mfa_token, methods } }: { readonly challenge: Challenge }) {
  const { say } = useTexts(texts);
  return (
    <ProofForm
      methods={methods}
      submit={say('submit.signIn')}
      options={() => anyone.call('POST /v1/auth/mfa/options', { body: { mfa_token } })}
      give={(factor) => signIn('POST /v1/auth/mfa/verify', { body: { mfa_token, ...factor } })}
    />
  );
}

/** What the server offers besides a password. */
function OtherWays({ go, mutate }: Acting & { readonly go: (mode: Mode) => void }) {
  const { say } = useTexts(texts);
  const { data: offered } = useQuery({
    queryKey: ['methods'],
    queryFn: () => anyone.call('GET /v1/auth/methods', {}),
    staleTime: Infinity,
  });
  const isLocal = ['localhost', '127.0.0.1'].includes(location.hostname);
  return (
    <>
      <div className="row">
        <button type="button" className="quiet dim" onClick={() => go('forgot')}>
          {say('forgot')}
        </button>
        {offered?.registration === true && (
          <button type="button" className="quiet dim" onClick={() => go('register')}>
            {say('register')}
          </button>
        )}
      </div>
      {offered?.mail === true && (
        <Button variant="default" fullWidth onClick={() => go('mail')}>
          {say('mail')}
        </Button>
      )}
      {offered?.passkey === true && 'PublicKeyCredential' in globalThis && (
        <Button variant="default" fullWidth onClick={() => mutate(signInByPasskey)}>
          {say('usePasskey')}
        </Button>
      )}
      {PROVIDERS.filter(([provider]) => offered?.[provider] === true).map(([provider, name]) => (
        <Button
          key={provider}
          variant="default"
          fullWidth
          onClick={() => mutate(() => leaveForProvider(provider))}
        >
          {say('provider', { provider: name })}
        </Button>
      ))}
      {offered?.sso === true && (
        <Button variant="default" fullWidth onClick={() => go('sso')}>
          {say('sso')}
        </Button>
      )}
      {isLocal && <p className="dim">{say('local')}</p>}
    </>
  );
}
