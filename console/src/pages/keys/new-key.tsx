import { Button, Checkbox, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useAccount, useMe } from '../../account.ts';
import { useAct, useOfAccount } from '../../parts/of-account.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { typedIn } from '../../parts/typed.ts';
import { useTexts } from '../../text/index.ts';
import { BoundFields, boundsIn } from './bounds.tsx';
import type { MadeKey } from './keys.tsx';
import { texts } from './texts.ts';

interface NewKeyProps {
  readonly onMade: (made: MadeKey) => void;
  readonly leave: () => void;
}

/** What a key shall be allowed, what bounds it, and when it ends. */
export function NewKey({ onMade, leave }: NewKeyProps) {
  const { say } = useTexts(texts);
  const chosen = useAccount();
  const { data: me } = useMe();
  const { data: known } = useOfAccount(['scopes'], (api) => api.call('GET /v1/api-keys/scopes', {}));
  const [scopes, setScopes] = useState<string[]>(['ai:call']);
  const { mutate, isPending, error } = useAct(
    async ({ name = '', budget = '', end = '', ...bounds }: ReturnType<typeof typedIn>) => {
      return chosen?.api.call('POST /v1/api-keys', {
        body: {
          name: name.trim(),
          scopes,
          ...boundsIn(bounds),
          // None is no budget; 0 is refused.
          ...(budget === '' ? {} : { monthly_budget_micros: Math.round(Number(budget) * 1_000_000) }),
          ...(end === '' ? {} : { expires_at: new Date(`${end}T23:59:59`).toISOString() }),
        },
      });
    },
    (made) => made !== undefined && onMade(made),
  );
  // Scopes of platform admins' calls are theirs alone.
  const offered = known?.data.filter((scope) => me?.role === 'admin' || !scope.startsWith('admin:'));
  const isAll = scopes.includes('*');
  return (
    <form
      className="preview new-key"
      onSubmit={(event: FormEvent<HTMLFormElement>) => {
        event.preventDefault();
        mutate(typedIn(event.currentTarget));
      }}
    >
      <div className="filters">
        <TextInput
          name="name"
          label={say('name')}
          placeholder={say('nameExample')}
          required
          maxLength={100}
          autoFocus
        />
        <TextInput
          name="budget"
          type="number"
          min={0}
          step="any"
          label={say('budget')}
          placeholder={say('noBudget')}
        />
        <TextInput name="end" type="date" label={say('ends')} />
      </div>
      <BoundFields />
      <Checkbox.Group label={say('may')} value={scopes} onChange={setScopes}>
        <div className="scopes">
          {offered?.map((scope) => (
            <Checkbox
              key={scope}
              size="xs"
              value={scope}
              disabled={isAll && scope !== '*'}
              label={scope === '*' ? say('everythingYouMay') : scope}
            />
          ))}
        </div>
      </Checkbox.Group>
      <Refusal error={error} />
      <div className="filters">
        <Button type="submit" loading={isPending} disabled={scopes.length === 0}>
          {say('make')}
        </Button>
        <Button variant="default" onClick={leave}>
          {say('leaveIt')}
        </Button>
      </div>
    </form>
  );
}
