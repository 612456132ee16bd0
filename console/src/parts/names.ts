import { useAccount, useMe } from '../account.ts';
import { useOfAccount } from './of-account.ts';

/** People by their names, as far as they are members of the chosen account; any other id by its end. */
export function useNames(): (id: string) => string {
  const { data: me } = useMe();
  const isWanted = useAccount()?.account.kind === 'organization';
  const { data } = useOfAccount(
    ['members', 'first'],
    (api, { id }) =>
      api.call('GET /v1/organizations/{id}/members', { params: { id }, query: { limit: 100 } }),
    { isWanted },
  );
  return (id) => {
    const member = data?.data.find(({ user_id: user }) => user === id);
    if (member !== undefined) return member.full_name ?? member.email ?? '–';
    if (id === me?.id) return me.full_name ?? me.email;
    return /^[\da-f-]{36}$/.test(id) ? `…${id.slice(-8)}` : id;
  };
}
