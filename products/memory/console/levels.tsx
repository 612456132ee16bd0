import { Button, NativeSelect } from '@mantine/core';
import {
  Pick,
  Refusal,
  useAccount,
  useAct,
  useIsAtLeast,
  useMe,
  useOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { texts } from './texts.ts';

const LEVELS = ['private', 'team', 'organization'] as const;
type Level = (typeof LEVELS)[number];

export interface Audience {
  readonly level: Level;
  readonly team_id?: string;
}

/** Audiences that the account has, as options of a select. A personal account is its owner's alone. */
function useAudiences() {
  const { say } = useTexts(texts);
  const isShared = useAccount()?.account.kind === 'organization';
  const { data } = useOfAccount(
    ['memory teams'],
    ({ call }, { id }) => call('GET /v1/organizations/{id}/teams', { params: { id }, query: { limit: 100 } }),
    { isWanted: isShared },
  );
  const teams = data?.data.map(({ id, name }) => ({ value: id, label: say('teamOf', { name }) })) ?? [];
  const all = isShared ? [{ value: 'organization', label: say('organization') }] : [];
  return [{ value: 'private', label: say('private') }, ...teams, ...all];
}

const audienceOf = (value: string): Audience =>
  value === 'private' || value === 'organization' ? { level: value } : { level: 'team', team_id: value };

/** The field of a form that says for whom a new thing is: by the member's default where nothing is chosen. */
export function AudienceField() {
  const { say } = useTexts(texts);
  const data = [{ value: '', label: say('byDefault') }, ...useAudiences()];
  return <NativeSelect name="audience" label={say('level')} data={data} />;
}

/** The choice in that field. */
export const chosenAudience = (value = ''): Partial<Audience> => (value === '' ? {} : audienceOf(value));

/** The level that lists are narrowed to. */
export function useLevel(): Level | undefined {
  const { search } = useProductSearch();
  return LEVELS.find((one) => one === search['level']);
}

interface LevelFilterProps {
  /** Names the button that writes a new thing. */
  readonly write?: string;
  readonly children?: ReactNode;
}

/** Above a list: narrows it to one level, leads to the teams of an organization, and to the form for a new thing. */
export function LevelFilter({ write, children }: LevelFilterProps) {
  const { say } = useTexts(texts);
  const { change } = useProductSearch();
  const isMember = useIsAtLeast('member');
  return (
    <div className="filters">
      <Pick
        label={say('level')}
        value={useLevel()}
        options={{ private: say('private'), team: say('team'), organization: say('organization') }}
        none={say('anyLevel')}
        choose={(level) => change({ level })}
      />
      {write !== undefined && isMember && (
        <Button variant="default" onClick={() => change({ write: 'new' })}>
          {write}
        </Button>
      )}
      {children}
      {useAccount()?.account.kind === 'organization' && (
        <Link className="link" to="/app/members">
          {say('teams')}
        </Link>
      )}
    </div>
  );
}

interface SharedProps {
  readonly item: { readonly author_id: string; readonly level: Level; readonly team_id: string | null };
  readonly change: (audience: Audience) => Promise<unknown>;
}

/** For whom a thing is: its author chooses, admins may lower it. */
export function Shared({ item, change }: SharedProps) {
  const { say } = useTexts(texts);
  const isAuthor = useMe().data?.id === item.author_id;
  const isAdmin = useIsAtLeast('admin');
  const { mutate, isPending, error } = useAct((value: string) => change(audienceOf(value)));
  const present = item.team_id ?? item.level;
  const rank = LEVELS.indexOf(item.level);
  const others = useAudiences().filter(
    ({ value }) => isAuthor || (isAdmin && LEVELS.indexOf(audienceOf(value).level) < rank),
  );
  if (others.every(({ value }) => value === present)) return say(item.level);
  const isKnown = others.some(({ value }) => value === present);
  return (
    <>
      <NativeSelect
        aria-label={say('level')}
        value={present}
        disabled={isPending}
        data={[...others, ...(isKnown ? [] : [{ value: present, label: say(item.level) }])]}
        onChange={({ currentTarget }) => mutate(currentTarget.value)}
      />
      <Refusal error={error} />
    </>
  );
}
