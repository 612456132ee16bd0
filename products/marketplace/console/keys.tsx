import { Button, Textarea } from '@mantine/core';
import {
  Confirm,
  LineForm,
  State,
  Table,
  type Typed,
  useApi,
  useIsAtLeast,
  useOfAccount,
  useTexts,
} from '@plinth/console';
import { useState } from 'react';
import { makeKey, save } from './package.ts';
import { texts } from './texts.ts';

export const useKeys = () => useOfAccount(['plugin keys'], ({ call }) => call('GET /v1/developer/keys', {}));

/** Keys that packages are signed with. A private one that is made here leaves as a download alone. */
export function Keys() {
  const { say } = useTexts(texts);
  const api = useApi();
  const isDeveloper = useIsAtLeast('admin');
  const [made, setMade] = useState<string>();
  const { data, ...asked } = useKeys();
  const add = async (name: string, { pem = '' }: Typed) => {
    const pair = pem.trim() === '' ? await makeKey() : { publicKey: pem, privateKey: undefined };
    await api.call('POST /v1/developer/keys', { body: { name, public_key: pair.publicKey } });
    setMade(pair.privateKey);
  };
  return (
    <>
      {isDeveloper && (
        <LineForm label={say('keyName')} button={say('add')} act={add}>
          <Textarea
            className="grow"
            name="pem"
            aria-label={say('publicKey')}
            placeholder={say('publicKey')}
            maxLength={1_000}
            autosize
          />
        </LineForm>
      )}
      {made !== undefined && (
        <p className="filters" role="status">
          {say('keyMade')}
          <Button variant="default" onClick={() => save('plugin-key.pem', made)}>
            {say('saveKey')}
          </Button>
        </p>
      )}
      <Table
        label={say('keys')}
        rows={data?.data}
        asked={asked}
        keyOf={({ id }) => id}
        empty={say('noKeys')}
        lines={3}
        columns={[
          { head: say('name'), cell: ({ name }) => name },
          {
            head: say('state'),
            cell: ({ revoked_at: at }) => (
              <State of={at === null ? 'ok' : 'voided'} text={say(at === null ? 'active' : 'revoked')} />
            ),
          },
          { head: say('made'), isDim: true, past: (row) => row.created_at },
          {
            head: '',
            cell: ({ id, revoked_at: at }) =>
              isDeveloper &&
              at === null && (
                <Confirm
                  isQuiet
                  isDangerous
                  text={say('revoke')}
                  act={() => api.call('POST /v1/developer/keys/{id}/revoke', { params: { id } })}
                />
              ),
          },
        ]}
      />
    </>
  );
}
