import { Button, NativeSelect, PasswordInput } from '@mantine/core';
import { type FormEvent, useRef } from 'react';
import { useAccount } from '../../account.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { useNames } from '../../parts/names.ts';
import { useAct, useIsAtLeast, useOfAccount } from '../../parts/of-account.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Section } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import { typedIn } from '../../parts/typed.ts';
import { When } from '../../parts/when.tsx';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

/** Keys of the account's own at model providers, where the operator allows any. */
export function ProviderKeys() {
  const { say } = useTexts(texts);
  const asked = useOfAccount(['provider-keys'], (api) => api.call('GET /v1/provider-keys', {}), {
    isWanted: useIsAtLeast('admin'),
  });
  const api = useAccount()?.api;
  const nameOf = useNames();
  const all = asked.data?.data ?? [];
  if (all.length === 0) return null;
  const allowed = all.flatMap(({ provider, fee_percent: fee }) => (fee === null ? [] : [provider]));
  return (
    <Section title={say('provider.keys')}>
      {allowed.length > 0 && <NewProviderKey providers={allowed} />}
      <Table
        label={say('provider.keys')}
        rows={all.flatMap(({ key, ...row }) => (key === null ? [] : [{ ...row, ...key }]))}
        asked={asked}
        lines={1}
        keyOf={({ provider }) => provider}
        empty={say('provider.none')}
        columns={[
          { head: say('provider'), cell: ({ provider }) => provider },
          { head: say('key'), isMono: true, isDim: true, cell: ({ ending }) => `…${ending}` },
          {
            head: say('provider.state'),
            isDim: true,
            cell: ({ checked, fee_percent: fee }) =>
              say(fee === null ? 'provider.unused' : checked ? 'provider.checked' : 'provider.unchecked'),
          },
          {
            head: say('provider.fee'),
            isFigure: true,
            cell: ({ fee_percent: fee }) => (fee === null ? '' : `${fee} %`),
          },
          { head: say('provider.by'), isDim: true, cell: ({ set_by: user }) => nameOf(user) },
          { head: say('provider.at'), isFigure: true, cell: ({ set_at: at }) => <When at={at} isPast /> },
          {
            head: '',
            isFigure: true,
            cell: ({ provider }) => (
              <Confirm
                isQuiet
                isDangerous
                text={say('provider.delete')}
                act={async () => api?.call('DELETE /v1/provider-keys/{provider}', { params: { provider } })}
              />
            ),
          },
        ]}
      />
    </Section>
  );
}

/** The key is in its field until it is saved, and nowhere else in the page. */
function NewProviderKey({ providers }: { readonly providers: readonly string[] }) {
  const { say } = useTexts(texts);
  const api = useAccount()?.api;
  const form = useRef<HTMLFormElement>(null);
  const { mutate, isPending, error } = useAct(
    async ({ provider = '', key = '' }: ReturnType<typeof typedIn>) =>
      api?.call('PUT /v1/provider-keys/{provider}', { params: { provider }, body: { key: key.trim() } }),
    (_, { key }) => {
      // The next one may have been typed meanwhile.
      if (form.current !== null && typedIn(form.current).key === key) form.current.reset();
    },
  );
  return (
    <>
      <form
        ref={form}
        className="filters"
        onSubmit={(event: FormEvent<HTMLFormElement>) => {
          event.preventDefault();
          mutate(typedIn(event.currentTarget));
        }}
      >
        <NativeSelect name="provider" aria-label={say('provider')} data={[...providers]} />
        <PasswordInput
          name="key"
          className="grow"
          aria-label={say('provider.key')}
          placeholder={say('provider.key')}
          autoComplete="off"
          required
          minLength={16}
          maxLength={512}
        />
        <Button type="submit" variant="default" loading={isPending}>
          {say('provider.save')}
        </Button>
      </form>
      <Refusal error={error} />
    </>
  );
}
