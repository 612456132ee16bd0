import { Alert, Button, PasswordInput, TextInput, Title } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { useIsSignedIn } from '../../account.ts';
import { linkCode } from '../../link-code.ts';
import { session, signIn } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

/** What the page begins with: the code is good once, however often the page is drawn. */
let begun: Promise<unknown> | undefined;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export function SignIn() {
  const { say } = useTexts(texts);
  const navigate = useNavigate();
  const isSignedIn = useIsSignedIn();
  const code = linkCode;
  const [failed, setFailed] = useState<string>();
  const [second, setSecond] = useState<string>();
  const [isBusy, setBusy] = useState(code !== undefined);

  useEffect(() => {
    if (isSignedIn === true) void navigate({ to: '/', replace: true });
  }, [isSignedIn, navigate]);
  useEffect(() => {
    begun ??= code === undefined ? session.resume() : signIn('/v1/auth/sign-in-link', { code });
    void begun.then(
      () => setBusy(false),
      (error: unknown) => {
        setFailed(code === undefined ? undefined : messageOf(error));
        setBusy(false);
      },
    );
  }, [code]);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    setBusy(true);
    try {
      const { mfa } =
        second === undefined
          ? await signIn('/v1/auth/login', { email: said.get('email'), password: said.get('password') })
          : await signIn('/v1/auth/mfa/verify', { mfa_token: second, code: said.get('code') });
      setSecond(mfa);
      setFailed(undefined);
    } catch (error) {
      setFailed(messageOf(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <main className="sign-in">
      <Title order={1}>{say('title')}</Title>
      {code !== undefined && isBusy && <p role="status">{say('link')}</p>}
      {failed !== undefined && (
        <Alert color="red" role="alert" title={say(code === undefined ? 'failed' : 'linkFailed')}>
          {failed} {code !== undefined && say('linkHelp')}
        </Alert>
      )}
      <form onSubmit={(event) => void submit(event)}>
        {second === undefined ? (
          <>
            <TextInput name="email" type="email" autoComplete="username" required label={say('email')} />
            <PasswordInput name="password" autoComplete="current-password" required label={say('password')} />
          </>
        ) : (
          <TextInput
            name="code"
            inputMode="numeric"
            autoComplete="one-time-code"
            required
            autoFocus
            label={say('second')}
          />
        )}
        <Button type="submit" loading={isBusy} fullWidth>
          {say('submit')}
        </Button>
      </form>
      {location.hostname === 'localhost' || location.hostname === '127.0.0.1' ? (
        <p className="dim">{say('local')}</p>
      ) : null}
    </main>
  );
}
