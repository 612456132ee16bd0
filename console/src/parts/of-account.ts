import { skipToken, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type Me, useAccount } from '../account.ts';
import type { Api } from '../session.ts';

type Chosen = Me['accounts'][number];
type Role = Chosen['role'];

const ROLES: readonly Role[] = ['viewer', 'member', 'admin', 'owner'];

/** Whether a role may at least as much as another one. The API holds these rights: pages only leave out what it would refuse. */
export const isAtLeast = (role: Role | undefined, least: Role): boolean =>
  role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(least);

/** The same of who looks at the chosen account. */
export const useIsAtLeast = (least: Role): boolean => isAtLeast(useAccount()?.account.role, least);

interface AskingAgain<Reply> {
  readonly isWanted?: boolean;
  /** Milliseconds until it is asked again, by what was answered last. */
  readonly again?: number | ((reply: Reply | undefined) => number);
}

/** What is asked of the chosen account; another account is another question. */
export function useOfAccount<Reply>(
  key: readonly unknown[],
  read: (api: Api, account: Chosen) => Promise<Reply>,
  { isWanted = true, again }: AskingAgain<Reply> = {},
) {
  const chosen = useAccount();
  return useQuery({
    queryKey: [...key, chosen?.account.id],
    queryFn: chosen === undefined || !isWanted ? skipToken : () => read(chosen.api, chosen.account),
    refetchInterval: ({ state }) => (typeof again === 'function' ? again(state.data) : (again ?? false)),
  });
}

/** Does something that changes what pages show: whether it succeeds or not, they ask again. */
export function useAct<Input = void, Reply = unknown>(
  act: (input: Input) => Promise<Reply>,
  onSuccess?: (reply: Reply, input: Input) => void,
) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSettled: () => queries.invalidateQueries(),
    ...(onSuccess === undefined ? {} : { onSuccess }),
  });
}
