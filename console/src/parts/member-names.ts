import { useOfAccount } from './of-account.ts';

/** What people of the chosen organization are called, by their ids: the first hundred of them. */
export function useMemberNames(): (id: string | null) => string {
  const { data } = useOfAccount(['member names'], ({ call }, { id }) =>
    call('GET /v1/organizations/{id}/members', { params: { id }, query: { limit: 100 } }),
  );
  return (id) => {
    const found = data?.data.find(({ user_id: user }) => user === id);
    return found?.full_name ?? found?.email ?? '–';
  };
}
