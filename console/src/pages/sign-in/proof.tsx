import { Alert, Button, PasswordInput, TextInput } from '@mantine/core';
import type { BodyOf, ReplyOf } from '@plinth/sdk';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { typedIn } from '../../parts/typed.ts';
import { useTexts } from '../../text/index.ts';
import { askPasskey } from './passkey.ts';
import { useRefusal } from './refusal.ts';
import { texts } from './texts.ts';

type Proof = BodyOf<'POST /v1/auth/step-up'>;

interface ProofFormProps {
  /** Ways to prove oneself: `password`, `totp`, `passkey`, `recovery_code`. */
  readonly methods: readonly string[];
  /** What the browser asks for a passkey with. */
  readonly options: () => Promise<ReplyOf<'POST /v1/auth/passkey/options'>>;
  readonly give: (proof: Proof) => Promise<unknown>;
  /** What the button says that gives it. */
  readonly submit: string;
}

const WAYS = ['password', 'totp', 'passkey', 'recovery_code'] as const;

/** A password, a code or a passkey of who is there: one of them, and the way to the others. */
export function ProofForm({ methods, options, give, submit }: ProofFormProps) {
  const { say } = useTexts(texts);
  const refusal = useRefusal();
  const ways = WAYS.filter((one) => methods.includes(one));
  const [chosen, choose] = useState<(typeof WAYS)[number]>();
  const way = chosen ?? ways[0];
  const { mutate, reset, isPending, error } = useMutation({
    mutationFn: async (typed: string) => {
      if (way === 'passkey') return give({ passkey: await askPasskey(await options()) });
      if (way === 'totp') return give({ code: typed.replaceAll(/\s/g, '') });
      return give(way === 'password' ? { password: typed } : { recovery_code: typed.trim() });
    },
  });
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        mutate(typedIn(event.currentTarget)['proof'] ?? '');
      }}
    >
      {error !== null && (
        <Alert color="red" role="alert">
          {refusal(error)}
        </Alert>
      )}
      {way === 'password' && (
        <PasswordInput
          name="proof"
          autoComplete="current-password"
          required
          autoFocus
          label={say('password')}
        />
      )}
      {(way === 'totp' || way === 'recovery_code') && (
        <TextInput
          key={way}
          name="proof"
          inputMode={way === 'totp' ? 'numeric' : 'text'}
          autoComplete={way === 'totp' ? 'one-time-code' : 'off'}
          required
          autoFocus
          label={say(way)}
        />
      )}
      <Button type="submit" loading={isPending} fullWidth data-autofocus={way === 'passkey' || undefined}>
        {way === 'passkey' ? say('usePasskey') : submit}
      </Button>
      {ways
        .filter((one) => one !== way)
        .map((one) => (
          <button
            key={one}
            type="button"
            className="quiet dim"
            onClick={() => {
              reset();
              choose(one);
            }}
          >
            {say(`instead.${one}`)}
          </button>
        ))}
    </form>
  );
}
