import { Alert, Button } from '@mantine/core';
import { useState } from 'react';
import { type Me, useMe } from '../../account.ts';
import { useAct } from '../../parts/of-account.ts';
import { Section } from '../../parts/section.tsx';
import { apiFor, session } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { anyone, signIn } from '../sign-in/sign-in-calls.ts';
import { FieldForm, Reason } from './field-form.tsx';
import { Setting } from './setting.tsx';
import { texts } from './texts.ts';

type Opened = 'email' | 'password' | undefined;

/** Email and password, and how they are changed. */
export function Access() {
  const { say } = useTexts(texts);
  const { data: me } = useMe();
  const [opened, open] = useState<Opened>();
  const [notice, setNotice] = useState<string>();
  const mail = useAct(async (email: string) => {
    await anyone.call('POST /v1/auth/forgot-password', { body: { email } });
    setNotice(say('sent', { email }));
  });
  const verification = useAct(async (email: string) => {
    await anyone.call('POST /v1/auth/resend-verification', { body: { email } });
    setNotice(say('sent', { email }));
  });
  const toggle = (which: Opened) => (
    <Button
      variant="default"
      aria-expanded={opened === which}
      aria-label={say(which === 'email' ? 'email.change' : 'password.change')}
      onClick={() => open(opened === which ? undefined : which)}
    >
      {say('change')}
    </Button>
  );
  return (
    <Section title={say('access')}>
      {notice !== undefined && <Alert role="status">{notice}</Alert>}
      <Reason error={mail.error ?? verification.error} />
      <ul className="settings">
        <Setting
          name={say('email')}
          value={me?.email}
          acts={
            <>
              {me?.email_verified === false && (
                <Button
                  variant="default"
                  loading={verification.isPending}
                  onClick={() => verification.mutate(me.email)}
                >
                  {say('verify')}
                </Button>
              )}
              {toggle('email')}
            </>
          }
        >
          {opened === 'email' && (
            <FieldForm
              fields={[
                { name: 'email', label: say('email.new'), autoComplete: 'email' },
                {
                  name: 'password',
                  label: say('password'),
                  autoComplete: 'current-password',
                  isSecret: true,
                },
              ]}
              submit={say('email.submit')}
              act={async (body) => {
                await apiFor(undefined).call('POST /v1/auth/change-email', { body });
                setNotice(say('sent', body));
                open(undefined);
              }}
            />
          )}
        </Setting>
        <Setting name={say('password')} value={say('password.about')} acts={toggle('password')}>
          {opened === 'password' && me !== undefined && (
            <>
              <FieldForm
                fields={[
                  {
                    name: 'password',
                    label: say('password.now'),
                    autoComplete: 'current-password',
                    isSecret: true,
                  },
                  {
                    name: 'new_password',
                    label: say('password.new'),
                    autoComplete: 'new-password',
                    isSecret: true,
                    description: say('password.rule'),
                  },
                ]}
                submit={say('password.submit')}
                act={async (typed) => {
                  await changePassword(me, typed);
                  setNotice(say('password.changed'));
                  open(undefined);
                }}
              />
              <button type="button" className="quiet dim" onClick={() => mail.mutate(me.email)}>
                {say('password.none')}
              </button>
            </>
          )}
        </Setting>
      </ul>
    </Section>
  );
}

/** All sessions end with it: this browser begins another one, or is asked for its second factor at the door. */
async function changePassword(
  { email }: Me,
  body: { readonly password: string; readonly new_password: string },
): Promise<void> {
  await apiFor(undefined).call('POST /v1/auth/change-password', { body });
  const given = { body: { email, password: body.new_password } };
  const challenge = await signIn('POST /v1/auth/login', given).catch(() => 'refused' as const);
  if (challenge !== undefined) await session.end();
}
