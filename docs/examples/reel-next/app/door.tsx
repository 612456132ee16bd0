import { type FormEvent, useState } from 'react';
import { ask, type Run } from './ask.tsx';

const FURTHER: Readonly<Record<string, string>> = {
  verification_sent: 'Look into your mails, then sign in.',
  mfa_required: 'This example does not ask for second factors.',
};

/** Signing in, and up. */
export function Door({ run, enter }: { readonly run: Run; readonly enter: () => Promise<void> }) {
  const [status, setStatus] = useState('');
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const button = (event.nativeEvent as SubmitEvent).submitter;
    const fields = Object.fromEntries(new FormData(event.currentTarget, button));
    run(async () => {
      const answer = await ask<{ status: string }>('POST session', fields);
      setStatus(answer.status);
      if (answer.status === 'signed_in') await enter();
    });
  };
  return (
    <form onSubmit={submit}>
      <label>
        Email <input name="email" type="email" autoComplete="email" required />
      </label>
      <label>
        Password <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <div className="row">
        <button name="how" value="signIn">
          Sign in
        </button>
        <button name="how" value="signUp">
          Sign up
        </button>
        <output>{FURTHER[status]}</output>
      </div>
    </form>
  );
}
